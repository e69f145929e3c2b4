import { MapsError } from '../errors.ts';

/** One line of a vectors file: what a reference implementation puts into a map for readable input. */
export interface MapVector {
  /** Pin name, `cilium_lb4_services_v2`. */
  readonly map: string;
  readonly kind: 'key' | 'value';
  readonly input: Readonly<Record<string, unknown>>;
  /** Bytes on a little-endian machine; left out where only their hash is given. */
  readonly hex?: string;
  /** SHA-256 of the bytes, for long values. */
  readonly sha256?: string;
}

/** Reads a vectors file: a JSON array of vectors, or one vector a line. */
export function parseMapVectors(text: string): MapVector[] {
  const problem = (what: string) =>
    new MapsError(
      'LBX_VECTORS',
      `no vectors file: ${what}; expected [{ map, kind, input, hex }, …] or one such object a line`,
    );
  let list: unknown;
  try {
    list = text.trimStart().startsWith('[')
      ? JSON.parse(text)
      : text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map((line) => JSON.parse(line));
  } catch (error) {
    throw problem(error instanceof Error ? error.message : String(error));
  }
  if (!Array.isArray(list) || list.length === 0) throw problem('there is no vector in it');
  for (const [index, one] of list.entries()) {
    const { map, kind, input, hex, sha256 } = (one ?? {}) as Record<string, unknown>;
    const isText = (x: unknown) => x === undefined || typeof x === 'string';
    const whole =
      typeof map === 'string' &&
      (kind === 'key' || kind === 'value') &&
      typeof input === 'object' &&
      input !== null;
    if (!whole || !isText(hex) || !isText(sha256) || (hex === undefined && sha256 === undefined)) {
      throw problem(`vector ${index} is not one`);
    }
  }
  return list as MapVector[];
}

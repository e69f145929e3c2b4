import { MaglevError } from './errors.ts';
import { createMaglevBuilder, type MaglevBackend } from './maglev-builder.ts';
import { modulo64, murmur3_128 } from './murmur3.ts';
import { parseSeed } from './seed.ts';

/** A file of vectors such as vectors/cilium-maglev.json. */
export interface MaglevVectors {
  /** Backends as fed to the generator, by name of the set. */
  readonly sets: Readonly<Record<string, readonly MaglevBackend[]>>;
  readonly cases: readonly MaglevCase[];
  readonly murmur3?: readonly Murmur3Case[];
}

/** One table: in full, as the sha256 of its little-endian 32-bit words, or both. */
export interface MaglevCase {
  readonly name: string;
  /** 12 bytes as base64. */
  readonly seed: string;
  /** Number of slots. */
  readonly m: number;
  readonly set: string;
  readonly table?: readonly number[];
  readonly sha256?: string;
}

/** One hash, its halves as 16 hex digits each, and what follows from it for a table of `m` slots. */
export interface Murmur3Case {
  readonly seed: number;
  readonly input: string;
  readonly h1: string;
  readonly h2: string;
  readonly m: number;
  readonly offset: number;
  readonly skip: number;
}

export interface MaglevVerification {
  /** Tables and hashes that agree. */
  readonly passed: number;
  readonly failed: number;
  /** A line for each of the first ten that do not. */
  readonly firstDifferences: readonly string[];
}

const MAX_DIFFERENCES = 10;

/**
 * Computes every table and hash of a file of vectors and compares.
 *
 * @param json The parsed file.
 * @throws MaglevError `LBX_MAGLEV_VECTORS` when it is not of that format, or has nothing to compare.
 */
export function verifyMaglev(json: unknown): MaglevVerification {
  const { sets, cases, murmur3 = [] } = assertVectors(json);
  let passed = 0;
  const differences: string[] = [];
  const note = (name: string, difference: string | undefined) => {
    if (difference === undefined) passed++;
    else differences.push(`${name}: ${difference}`);
  };
  for (const one of murmur3) note(`murmur3 ${JSON.stringify(one.input)} seed ${one.seed}`, checkHash(one));
  for (const one of cases)
    note(
      one.name,
      explainErrors(() => checkTable(one, sets[one.set])),
    );
  return { passed, failed: differences.length, firstDifferences: differences.slice(0, MAX_DIFFERENCES) };
}

function assertVectors(json: unknown): MaglevVectors {
  const vectors = json as Partial<MaglevVectors> | null;
  const isOne =
    typeof vectors === 'object' &&
    vectors !== null &&
    typeof vectors.sets === 'object' &&
    Array.isArray(vectors.cases) &&
    (vectors.murmur3 === undefined || Array.isArray(vectors.murmur3));
  if (!isOne || vectors.cases!.length + (vectors.murmur3?.length ?? 0) === 0)
    throw new MaglevError(
      'LBX_MAGLEV_VECTORS',
      'these are no Maglev vectors: expected an object with "sets" (backends by name) and "cases" (seed, m, set, table or sha256)',
    );
  return vectors as MaglevVectors;
}

function explainErrors(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof MaglevError)) throw error;
    return error.message;
  }
}

function checkTable(one: MaglevCase, backends: readonly MaglevBackend[] | undefined): string | undefined {
  if (backends === undefined) return `there is no set ${one.set}`;
  if (one.table === undefined && one.sha256 === undefined) return 'neither table nor sha256 to compare with';
  const table = createMaglevBuilder({ size: one.m, seed: parseSeed(one.seed) }).build(backends);
  if (one.table !== undefined) {
    if (one.table.length !== table.length) return `${table.length} slots, expected ${one.table.length}`;
    const slot = one.table.findIndex((id, i) => id !== table[i]);
    if (slot >= 0) return `slot ${slot} is ${table[slot]}, expected ${one.table[slot]}`;
  }
  if (one.sha256 !== undefined) {
    // Loaded here: whoever makes tables has no use for it.
    const { createHash } = process.getBuiltinModule('node:crypto');
    const sha256 = createHash('sha256').update(littleEndian(table)).digest('hex');
    if (sha256 !== one.sha256) return `sha256 ${sha256}, expected ${one.sha256}`;
  }
  return undefined;
}

function littleEndian(table: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * table.length));
  for (const [i, id] of table.entries()) view.setUint32(4 * i, id, true);
  return new Uint8Array(view.buffer);
}

function checkHash(one: Murmur3Case): string | undefined {
  const hash = new Int32Array(4);
  murmur3_128(one.input, one.seed, hash);
  const digits = (low: number, high: number) =>
    ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString(16).padStart(16, '0');
  const found = {
    h1: digits(hash[0]!, hash[1]!),
    h2: digits(hash[2]!, hash[3]!),
    offset: modulo64(hash[0]!, hash[1]!, one.m),
    skip: modulo64(hash[2]!, hash[3]!, one.m - 1) + 1,
  };
  for (const key of ['h1', 'h2', 'offset', 'skip'] as const)
    if (found[key] !== one[key]) return `${key} is ${found[key]}, expected ${one[key]}`;
  return undefined;
}

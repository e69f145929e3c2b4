import { MaglevError } from './errors.ts';

/** The three seeds in one Maglev seed, each an unsigned 32-bit number. */
export interface Seed {
  /** Of the hash that orders a backend's slots. */
  readonly murmur: number;
  /** Of the hash over IPv4 packets. */
  readonly jhash4: number;
  /** Of the hash over IPv6 packets. */
  readonly jhash6: number;
}

/** Cilium's default seed. Nodes that share traffic must use the same one. */
export const DEFAULT_SEED_TEXT = 'JLfvgnHc2kaSUFaI';

/**
 * Reads a seed in the form of Cilium's option `bpf-lb-maglev-hash-seed`: 12 bytes as base64 (16 characters), being
 * three big-endian words.
 *
 * @throws MaglevError `LBX_MAGLEV_SEED`
 */
export function parseSeed(base64: string): Seed {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== 12 || bytes.toString('base64') !== base64)
    throw new MaglevError(
      'LBX_MAGLEV_SEED',
      `Maglev seed ${JSON.stringify(base64)}: not 12 bytes as base64 (16 characters); head -c12 /dev/urandom | base64 makes one`,
    );
  return { murmur: bytes.readUInt32BE(0), jhash4: bytes.readUInt32BE(4), jhash6: bytes.readUInt32BE(8) };
}

/** {@link DEFAULT_SEED_TEXT}, parsed. */
export const DEFAULT_SEED: Seed = parseSeed(DEFAULT_SEED_TEXT);

import { MaglevError } from './errors.ts';
import { type FillState, fillByWeight, fillEqually } from './fill-table.ts';
import { modulo64, murmur3_128 } from './murmur3.ts';
import { DEFAULT_SEED, type Seed } from './seed.ts';
import { assertTableSize, DEFAULT_TABLE_SIZE } from './table-size.ts';

/** A backend as the table sees it. */
export interface MaglevBackend {
  /**
   * Its name on every node: `[192.0.2.10:8080/TCP,State:active]`, `[[2001:db8::10]:8080/TCP,State:active]`. Decides
   * which slots it gets, and the order of the turns.
   */
  readonly hash: string;
  /** What is written into its slots: an unsigned 32-bit number. */
  readonly id: number;
  /** 0 .. 65535 (1). Weights count only if their mean is 2 or more, as in Cilium. */
  readonly weight?: number;
}

export interface MaglevOptions {
  /** Number of slots, a prime (16381). */
  readonly size?: number;
  readonly seed?: Seed;
}

/** Builds tables of one size and seed, remembering what it has computed for each backend name. */
export interface MaglevBuilder {
  readonly size: number;
  readonly seed: Seed;
  /**
   * Backends → a new table of `size` backend ids. The order of the backends does not matter.
   *
   * @throws MaglevError `LBX_MAGLEV_BACKENDS` for none, or for an id or weight out of range.
   */
  build(backends: readonly MaglevBackend[]): Uint32Array;
}

/** Names remembered by a builder: about 10 MB. When there are more it starts anew. */
const MAX_REMEMBERED = 65536;

/** Makes a builder. Use one for all tables of a process: rebuilding after a change then hashes only new names. */
export function createMaglevBuilder({
  size = DEFAULT_TABLE_SIZE,
  seed = DEFAULT_SEED,
}: MaglevOptions = {}): MaglevBuilder {
  assertTableSize(size);
  const walks = createWalks(size, seed);
  const taken = new Uint8Array(size);
  let room = 0;
  let state: FillState;
  let ids: Uint32Array;
  let weights: Float64Array;
  let counters: Float64Array;
  const makeRoom = (count: number) => {
    if (count <= room) return;
    room = Math.max(count, 2 * room, 16);
    state = { position: new Int32Array(room), skip: new Int32Array(room), taken };
    ids = new Uint32Array(room);
    weights = new Float64Array(room);
    counters = new Float64Array(room);
  };
  return {
    size,
    seed,
    build(backends) {
      const count = backends.length;
      if (count === 0)
        throw new MaglevError('LBX_MAGLEV_BACKENDS', 'a Maglev table needs at least one backend');
      makeRoom(count);
      let sum = 0;
      let equal = true;
      const sorted = sortByName(backends);
      for (let i = 0; i < count; i++) {
        const backend = sorted[i]!;
        const weight = backend.weight ?? 1;
        if (backend.id >>> 0 !== backend.id || (weight & 0xffff) !== weight) throw outOfRange(backend);
        const walk = walks.find(backend.hash);
        state.position[i] = walks.offsets[walk]!;
        state.skip[i] = walks.skips[walk]!;
        ids[i] = backend.id;
        weights[i] = weight;
        sum += weight;
        if (weight !== weights[0]) equal = false;
      }
      taken.fill(0);
      const table = new Uint32Array(size);
      // Equal weights, whatever they are, give the table without weights.
      if (equal || Math.floor(sum / count) <= 1) fillEqually(table, ids, count, state);
      else fillByWeight(table, ids, count, state, weights, counters);
      return table;
    },
  };
}

/** One table: `createMaglevBuilder(options).build(backends)`. */
export function createMaglevTable(backends: readonly MaglevBackend[], options?: MaglevOptions): Uint32Array {
  return createMaglevBuilder(options).build(backends);
}

function sortByName(backends: readonly MaglevBackend[]): readonly MaglevBackend[] {
  for (let i = 1; i < backends.length; i++)
    if (byName(backends[i - 1]!, backends[i]!) > 0) return backends.toSorted(byName);
  return backends;
}

function byName(a: MaglevBackend, b: MaglevBackend): number {
  if (a.hash === b.hash) return a.id - b.id;
  return a.hash < b.hash ? -1 : 1;
}

function outOfRange({ hash, id, weight }: MaglevBackend): MaglevError {
  return new MaglevError(
    'LBX_MAGLEV_BACKENDS',
    `Maglev backend ${hash}: id ${id} must be in 0..4294967295 and weight ${weight ?? 1} in 0..65535`,
  );
}

/** Offset and skip of each name, computed once. */
function createWalks(size: number, seed: Seed) {
  const known = new Map<string, number>();
  const hash = new Int32Array(4);
  const walks = {
    offsets: new Int32Array(64),
    skips: new Int32Array(64),
    /** The index of a name in both arrays. */
    find(name: string): number {
      let index = known.get(name);
      if (index !== undefined) return index;
      if (known.size >= MAX_REMEMBERED) known.clear();
      index = known.size;
      known.set(name, index);
      if (index === walks.offsets.length) {
        walks.offsets = grow(walks.offsets);
        walks.skips = grow(walks.skips);
      }
      murmur3_128(name, seed.murmur, hash);
      walks.offsets[index] = modulo64(hash[0]!, hash[1]!, size);
      walks.skips[index] = modulo64(hash[2]!, hash[3]!, size - 1) + 1;
      return index;
    },
  };
  return walks;
}

function grow(old: Int32Array): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(2 * old.length);
  wider.set(old);
  return wider;
}

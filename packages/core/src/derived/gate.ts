import { createGate as createBitmap, GATE_BACKEND } from '@lbx/maps';

/** One thing that packets may be for: a frontend, a wildcard (port and protocol 0), or a local backend. */
export interface GateEndpoint {
  readonly address: string;
  readonly port: number;
  /** IPPROTO_*; 0 with port 0 for a wildcard entry. */
  readonly protocol: number;
  readonly localBackend?: boolean;
}

/** Where the gate's bits are written: word index (of 64 bits) and its new value. */
export type WriteGateWords = (words: readonly (readonly [number, bigint])[]) => void;

/**
 * The gate bitmap in the kernel, by endpoint: adding one twice is adding it once. A bit must stand before the entry that
 * it lets through is written, and fall after that entry is gone: `add` before, `remove` after.
 */
export interface KernelGate {
  add(endpoints: Iterable<GateEndpoint>): void;
  remove(endpoints: Iterable<GateEndpoint>): void;
  /** Writes every word: what an earlier process left is replaced. */
  rewrite(): void;
  /** Words as they were read; writes those that somebody else has changed, and gives how many. */
  repair(words: Iterable<readonly [index: number, word: bigint]>): number;
  /** Bits that are set, for status. */
  readonly bits: number;
}

/**
 * @param words - 64-bit words of the map, a power of two.
 * @param write - called with the words that changed, once per `add` or `remove`.
 * @param seed - endpoints that stand already; nothing is written for them until `rewrite`.
 */
export function createKernelGate(
  words: number,
  write: WriteGateWords,
  seed: Iterable<GateEndpoint> = [],
): KernelGate {
  const bitmap = createBitmap(words);
  const known = new Set<string>();

  const change = (endpoints: Iterable<GateEndpoint>, verb: 'add' | 'remove'): ReadonlySet<number> => {
    const changed = new Set<number>();
    for (const endpoint of endpoints) {
      const name = nameOf(endpoint);
      if (known.has(name) === (verb === 'add')) continue;
      if (verb === 'add') known.add(name);
      else known.delete(name);
      const word = bitmap[verb](endpoint.address, endpoint.port, kindOf(endpoint));
      if (word !== undefined) changed.add(word);
    }
    return changed;
  };
  const flush = (changed: ReadonlySet<number>) => {
    if (changed.size > 0) write([...changed].map((index) => [index, bitmap.word(index)] as const));
  };
  change(seed, 'add');

  return {
    get bits() {
      return bitmap.bitsSet;
    },
    add: (endpoints) => flush(change(endpoints, 'add')),
    remove: (endpoints) => flush(change(endpoints, 'remove')),
    repair(read) {
      const wrong = [...read].filter(([index, word]) => bitmap.word(index) !== word);
      flush(new Set(wrong.map(([index]) => index)));
      return wrong.length;
    },
    rewrite: () => write(Array.from({ length: words }, (_, index) => [index, bitmap.word(index)] as const)),
  };
}

const kindOf = ({ protocol, localBackend }: GateEndpoint) =>
  localBackend === true ? protocol | GATE_BACKEND : protocol;

const nameOf = (endpoint: GateEndpoint) => `${endpoint.address} ${endpoint.port} ${kindOf(endpoint)}`;

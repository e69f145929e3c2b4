import { performance } from 'node:perf_hooks';
import { minAndMedian, type BenchRow as Row } from '../../../scripts/bench-row.ts';
import {
  createMaglevBuilder,
  createMaglevTable,
  DEFAULT_SEED,
  type MaglevBackend,
  murmur3_128,
} from '../src/index.ts';

const SIZES = [251, 1021, 16381, 65521, 131071];
const COUNTS = [10, 100, 1000];
/** Time for one case; all cases together stay near 10 s. */
const CASE_MS = 150;
const MIN_RUNS = 5;
const MAX_RUNS = 301;
/** 400 ports over two families. */
const TABLES_PER_STEP = 800;

/**
 * Measures the building of tables. `SIZE x COUNT` is one table with everything computed anew (sorting, hashing,
 * filling) from backends in random order; `known` is the same by a builder that has seen the names. `floor-SIZE`
 * writes that many words at random positions and nothing else. Prints nothing.
 */
export async function bench(_options: { json: boolean }): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of SIZES) {
    rows.push(measure(`floor-${size}`, floor(size)));
    for (const count of COUNTS) {
      const backends = makeBackends(count);
      const weighted = backends.map((b, i) => ({ ...b, weight: 1 + ((i * 7919) % 200) }));
      rows.push(measure(`${size} x ${count}`, () => createMaglevTable(backends, { size })));
      rows.push(measure(`${size} x ${count} weighted`, () => createMaglevTable(weighted, { size })));
      if (size === 16381) {
        const builder = createMaglevBuilder({ size });
        rows.push(measure(`${size} x ${count} known`, () => builder.build(backends)));
      }
    }
  }
  const fill = floor(16381);
  const floorStep = () => {
    for (let i = 0; i < TABLES_PER_STEP; i++) fill();
  };
  rows.push(measure('floor-rolling: 800 tables', floorStep));
  const restart = rollingRestart();
  rows.push(
    measure('rolling, one of four pods replaced: 400 ports x 2 families', () => restart.replace(1), 3),
  );
  rows.push(measure('rolling, all four pods one by one', () => restart.replace(4), 1));
  rows.push(...hashRows());
  return rows;
}

function measure(
  name: string,
  run: () => unknown,
  minRuns = MIN_RUNS,
  unit: Row['unit'] = 'ms',
  scale = 1,
): Row {
  run();
  const times: number[] = [];
  const end = performance.now() + CASE_MS;
  while (times.length < minRuns || (times.length < MAX_RUNS && performance.now() < end)) {
    const start = performance.now();
    run();
    times.push((performance.now() - start) * scale);
  }
  const { min, median } = minAndMedian(times);
  const round = (x: number) => Number(x.toPrecision(4));
  return {
    suite: 'maglev',
    case: name,
    unit,
    min: round(min),
    median: round(median),
    runs: times.length,
  };
}

/** A function that writes each word of a new table once, in an order drawn beforehand. */
function floor(size: number): () => Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  const random = createRandom();
  for (let i = size - 1; i > 0; i--) {
    const j = random() % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return () => {
    const table = new Uint32Array(size);
    for (let i = 0; i < size; i++) table[order[i]!] = i;
    return table;
  };
}

/** In random order, as they come from a Set or from several EndpointSlices. */
function makeBackends(count: number): MaglevBackend[] {
  const backends = Array.from({ length: count }, (_, i) => ({
    hash: `[192.0.2.${i % 250}:${8080 + Math.floor(i / 250)}/TCP,State:active]`,
    id: i + 1,
  }));
  const random = createRandom();
  for (let i = count - 1; i > 0; i--) {
    const j = random() % (i + 1);
    [backends[i], backends[j]] = [backends[j]!, backends[i]!];
  }
  return backends;
}

/** 400 ports served by the same four pods, over IPv4 and IPv6: each pod that is replaced changes 800 tables. */
function rollingRestart() {
  const builder = createMaglevBuilder();
  const ports = Array.from({ length: 400 }, (_, i) => 10000 + i);
  const pods = [1, 2, 3, 4];
  let next = 5;
  const build = () => {
    for (const port of ports)
      for (const family of ['192.0.2.', '[2001:db8::'])
        builder.build(
          pods.map((pod) => ({
            hash: `[${family}${pod % 200}${family === '192.0.2.' ? '' : ']'}:${port}/TCP,State:active]`,
            id: pod * 1000 + port,
          })),
        );
  };
  return {
    replace(count: number) {
      for (let i = 0; i < count; i++) {
        pods.shift();
        pods.push(next++);
        build();
      }
    },
  };
}

function hashRows(): Row[] {
  const names = makeBackends(1000).map((b) => b.hash);
  const out = new Int32Array(4);
  const read = () => {
    let sum = 0;
    for (const name of names) for (let i = 0; i < name.length; i++) sum += name.charCodeAt(i);
    return sum;
  };
  const hash = () => {
    for (const name of names) murmur3_128(name, DEFAULT_SEED.murmur, out);
    return out;
  };
  const perName = 1e6 / names.length;
  return [
    measure('floor-name: read its characters', read, MIN_RUNS, 'ns', perName),
    measure('murmur3 of a name', hash, MIN_RUNS, 'ns', perName),
  ];
}

/** Numbers that are the same in every run (xorshift32). */
function createRandom(): () => number {
  let x = 2463534242;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

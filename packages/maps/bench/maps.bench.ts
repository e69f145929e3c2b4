import { performance } from 'node:perf_hooks';
import { minAndMedian, type BenchRow as Row } from '../../../scripts/bench-row.ts';
import {
  type Batch,
  catalog,
  createBatch,
  decodeEntries,
  Lb4Key,
  Lb6Key,
  type MapLayout,
  parseIpv4Number,
} from '../src/index.ts';

/** Services with one frontend entry and as many slots each, like the entries of a plan. */
const SERVICES = 2000;
const SLOTS = 9;
const ENTRIES = SERVICES * (SLOTS + 1);
/** Keys of the key rows: few enough for the caches, as in a batch that was just made. */
const KEYS = 2000;
/** Time for one case; all cases together stay near 5 s. */
const CASE_MS = 250;
const MIN_RUNS = 5;
const MAX_RUNS = 301;

/**
 * Measures the codecs, and the way of entries into a kernel map where BPF can be used. `key4` and `key6` encode the
 * keys of services with ten entries each; in `key4-distinct` every key has another address. `floor-key` writes the same numbers
 * into a DataView by hand, without text, names or checks, `floor-key-text` reads the address text too. `kernel-batch` encodes
 * and updates a hash, `floor-kernel-batch` updates it from buffers encoded before. Prints nothing.
 */
export async function bench(_options: { json: boolean }): Promise<Row[]> {
  const entries = makeEntries();
  return [...keyRows(entries), ...entryRows(entries), ...(await kernelRows(entries))];
}

/** Text in one piece of memory, as a JSON parser leaves it; a template string is a tree of pieces. */
const flat = (text: string) => Buffer.from(text).toString('latin1');

type Entries = ReturnType<typeof makeEntries>;

function makeEntries() {
  const tail = { count: 0, flags: 0x60, flags2: 0, qcount: 0 };
  const services: [key: Lb4Key, value: object][] = [];
  for (let s = 0; s < SERVICES; s++) {
    const address = flat(`198.51.100.${s % 250}`);
    for (let backendSlot = 0; backendSlot <= SLOTS; backendSlot++) {
      const key = { address, dport: 1 + Math.floor(s / 250), backendSlot, proto: 6, scope: 0 };
      const word =
        backendSlot === 0
          ? { affinityTimeout: { seconds: 0, algorithm: 1 } }
          : { backendId: s * SLOTS + backendSlot };
      services.push([
        key,
        { ...word, ...tail, revNatIndex: s + 1, ...(backendSlot === 0 ? { count: SLOTS } : {}) },
      ]);
    }
  }
  const backends = Array.from({ length: ENTRIES }, (_, i) => {
    const address = flat(`192.0.2.${i % 250}`);
    return [
      { backendId: i + 1 },
      { address, port: 1 + (i >> 8), proto: 6, state: 0, clusterId: 0, zone: 1 },
    ] as const;
  });
  const addresses6 = Array.from({ length: 250 }, (_, i) => flat(`2001:db8::6433:${(i + 1).toString(16)}`));
  const keys4 = services.slice(0, KEYS).map(([key]) => key);
  return {
    services,
    backends,
    keys4,
    distinct: keys4.map((key, i) => ({ ...key, address: flat(`198.51.${100 + (i >> 8)}.${i & 255}`) })),
    keys6: keys4.map((key, i) => ({ ...key, address: addresses6[Math.floor(i / (SLOTS + 1)) % 250]! })),
  };
}

function keyRows({ keys4, distinct, keys6 }: Entries): Row[] {
  const view = new DataView(new ArrayBuffer(KEYS * Lb6Key.size));
  const numbers = keys4.map(({ address }) => parseIpv4Number(address));
  const write = (at: number, address: number, key: Lb4Key) => {
    view.setUint32(at, address);
    view.setUint16(at + 4, key.dport);
    view.setUint16(at + 6, key.backendSlot, true);
    view.setUint8(at + 8, key.proto);
    view.setUint8(at + 9, key.scope);
    view.setUint16(at + 10, 0);
  };
  const each = (act: (i: number) => void) => () => {
    for (let i = 0; i < KEYS; i++) act(i);
  };
  return [
    perKey(
      'floor-key',
      each((i) => write(i * 12, numbers[i]!, keys4[i]!)),
    ),
    perKey(
      'floor-key-text',
      each((i) => write(i * 12, parseIpv4Number(keys4[i]!.address), keys4[i]!)),
    ),
    perKey(
      'key4',
      each((i) => Lb4Key.put(view, i * Lb4Key.size, keys4[i]!)),
    ),
    perKey(
      'key4-distinct',
      each((i) => Lb4Key.put(view, i * Lb4Key.size, distinct[i]!)),
    ),
    perKey(
      'key6',
      each((i) => Lb6Key.put(view, i * Lb6Key.size, keys6[i]!)),
    ),
  ];
}

function entryRows({ services, backends }: Entries): Row[] {
  const source = Buffer.alloc(ENTRIES * 24, 1);
  const target = Buffer.alloc(ENTRIES * 24);
  const copy = () => {
    // One key and one value at a time, as an encoder has to.
    for (let at = 0; at < target.length; at += 12) target.set(source.subarray(at, at + 12), at);
  };
  const serviceBatch = createBatch(catalog.lb4_services_v2, ENTRIES);
  const backendBatch = createBatch(catalog.lb4_backends_v3, ENTRIES);
  return [
    perEntry('floor-copy', copy),
    perEntry('encode-services', () => fill(serviceBatch, services as never)),
    perEntry('encode-backends', () => fill(backendBatch, backends)),
    perEntry('decode-services', () => drain(serviceBatch)),
    perEntry('decode-backends', () => drain(backendBatch)),
  ];
}

async function kernelRows({ services, backends }: Entries): Promise<Row[]> {
  const rows: Row[] = [];
  try {
    const { BpfMap } = await import('libbpf-ts');
    const measureMap = <K, V>(
      layout: MapLayout<K, V>,
      name: string,
      entries: readonly (readonly [K, V])[],
    ) => {
      const { type, flags } = layout;
      using map = BpfMap.create({
        name: 'lbx_bench',
        type,
        flags,
        keySize: layout.key.size,
        valueSize: layout.valueSize,
        maxEntries: 65536,
      });
      const batch = createBatch(layout, ENTRIES);
      fill(batch, entries);
      const update = () => map.updateBatch(batch.keys, batch.values, { count: batch.count });
      update(); // entries exist from here on: the floor and the case do the same to the kernel
      rows.push(perEntry(`floor-kernel-batch ${name}`, update));
      rows.push(
        perEntry(`kernel-batch ${name}`, () => {
          fill(batch, entries);
          update();
        }),
      );
      const read = (use: (keys: Uint8Array, values: Uint8Array, count: number) => void) => {
        for (const { keys, values, count } of map.readBatches() ?? []) use(keys, values, count);
      };
      rows.push(perEntry(`floor-kernel-read ${name}`, () => read(() => undefined)));
      rows.push(
        perEntry(`kernel-read ${name}`, () =>
          read((keys, values, count) => {
            for (const entry of decodeEntries(layout, keys, values, count)) kept.entry = entry;
          }),
        ),
      );
    };
    measureMap(catalog.lb4_services_v2, 'services', services as never);
    measureMap(catalog.lb4_backends_v3, 'backends', backends);
  } catch (error) {
    // No libbpf, no CAP_BPF, no BPF in the kernel: there is no such row. Anything else is a fault of the bench.
    const { code } = error as { code?: string };
    if (!['EPERM', 'ENOSYS', 'LBX_LIBBPF_MISSING', 'ERR_MODULE_NOT_FOUND'].includes(code ?? '')) throw error;
  }
  return rows;
}

/** What was decoded last; kept so that the work cannot be optimized away. */
const kept: { entry?: unknown } = {};

function fill<K, V>(batch: Batch<K, V>, entries: readonly (readonly [K, V])[]): void {
  batch.clear();
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    batch.push(entry[0], entry[1]);
  }
}

function drain<K, V>(batch: Batch<K, V>): void {
  for (const entry of decodeEntries(batch.layout, batch.keys, batch.values, batch.count)) kept.entry = entry;
}

/** Nanoseconds per key; min is the fastest run. */
const perKey = (name: string, run: () => void): Row =>
  row(
    name,
    'ns',
    times(run).map((ms) => (ms * 1e6) / KEYS),
  );

/** Entries per second; min is the slowest run. */
const perEntry = (name: string, run: () => void): Row =>
  row(
    name,
    'entries/s',
    times(run).map((ms) => (ENTRIES * 1000) / ms),
  );

function row(name: string, unit: Row['unit'], values: number[]): Row {
  const { min, median } = minAndMedian(values);
  const round = (x: number) => Number(x.toPrecision(4));
  return {
    suite: 'maps',
    case: name,
    unit,
    min: round(min),
    median: round(median),
    runs: values.length,
  };
}

/** Milliseconds of each run, after a few unmeasured ones. */
function times(run: () => void): number[] {
  for (let i = 0; i < 3; i++) run();
  const all: number[] = [];
  const end = performance.now() + CASE_MS;
  while (all.length < MIN_RUNS || (all.length < MAX_RUNS && performance.now() < end)) {
    const start = performance.now();
    run();
    all.push(performance.now() - start);
  }
  return all;
}

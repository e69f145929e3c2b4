// What the flow table costs by itself, both kinds and both families: nanoseconds a packet, by BPF_PROG_TEST_RUN on one CPU.
// `find` and `new` are whole programs that parse the packet too; floor-lru is the same with one lookup in the kernel's LRU.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Family } from '@lbx/maps';
import { type BpfProgram, load, type VariableValue } from 'libbpf-ts';
import { minAndMedian, type BenchRow as Row } from '../../scripts/bench-row.ts';
import { type FlowTableKind, flowMapSizes, flowSettings } from '../test/flow-map.ts';
import { hertz } from '../test/xdp-lab.ts';
import { packetsOf } from '../test/xdp-packets.ts';

const RUNS = 9;
const REPEAT = 200_000;
const NEW_FLOWS = 100_000;
const NEW_RUNS = 5;
const FLOWS = 65_536;
/** `enum bench_mode` of wrap.bpf.c. */
const mode = { same: 0, random: 1, each: 2, new: 3 } as const;
const XDP_TX = 3;

const objectOf = (name: string) => readFileSync(join(import.meta.dirname, `prebuilt/${name}.bpf.o`));

type Program = 'flows_none' | 'flows_find' | 'flows_new';

/** One kind of table, behind the wrapper that makes packets of so many flows. */
interface Table extends Disposable {
  /** Nanoseconds a packet, without what the wrapper takes. */
  run(program: Program, how: number, repeat: number): number;
}

/**
 * Rows: floor-* are the kernel's LRU at IPv4, one flow or 65,536 at random; `find` is finding a known flow, `new` not
 * finding it and making it, in memory that was never used; `new-full` the same where each takes the place of another.
 */
export async function bench(options: { json: boolean; only?: RegExp }): Promise<Row[]> {
  const wanted = (name: string) => options.only?.test(name) !== false;
  return ([4, 6] as const).flatMap((family) =>
    (['lru', 'buckets'] as const).flatMap((kind) => rowsOf(family, kind, wanted)),
  );
}

function rowsOf(family: Family, kind: FlowTableKind, wanted: (name: string) => boolean): Row[] {
  const rows: Row[] = [];
  const add = (name: string, runs: number, once: () => number) => {
    if (!wanted(name)) return;
    const results = Array.from({ length: runs }, once);
    rows.push({ suite: 'flows', case: name, unit: 'ns', ...minAndMedian(results), runs });
  };
  const isFloor = family === 4 && kind === 'lru';
  const name = (what: string) => `${kind}${family}-${what}`;
  {
    using table = openTable(family, kind, 262_144);
    table.run('flows_new', mode.same, 1);
    table.run('flows_new', mode.each, FLOWS);
    if (isFloor) add('floor-parse', RUNS, () => table.run('flows_none', mode.same, REPEAT));
    add(isFloor ? 'floor-lru' : name('find'), RUNS, () => table.run('flows_find', mode.same, REPEAT));
    const many = isFloor ? 'floor-lru-64k' : name('find-64k');
    add(many, RUNS, () => table.run('flows_find', mode.random, REPEAT));
  }
  for (const isFull of [false, true]) {
    add(name(isFull ? 'new-full' : 'new'), NEW_RUNS, () => {
      using table = openTable(family, kind, isFull ? FLOWS : 262_144);
      if (isFull) table.run('flows_new', mode.new, 4 * NEW_FLOWS);
      return table.run('flows_new', mode.new, NEW_FLOWS);
    });
  }
  return rows;
}

function openTable(family: Family, kind: FlowTableKind, flows: number): Table {
  const wrap = load(objectOf(`wrap${family}`), { maps: flowMapSizes('lru', family, 1) });
  const object = load(objectOf(`flows${family}`), {
    variables: settingsOf(family, kind, flows),
    maps: flowMapSizes(kind, family, flows),
  });
  const { request } = packetsOf(family);
  const data = request({ sport: 40_000, payload: 'hello, hello, hello' }).bytes();
  const template = wrap.variable('bench_template');
  template.set(data.slice(0, template.get().length));
  const state = wrap.variable('bench_state');
  const stub = wrap.program('bench_stub');
  const wrapped = (program: BpfProgram, repeat: number) => {
    wrap.map('bench_target').setProgram(0, program);
    return wrap.program('bench_wrap').testRun({ data, repeat });
  };
  return {
    run(name, how, repeat) {
      const bare = stub.testRun({ data, repeat }).durationNs;
      wrap.variable('bench_mode').set(how);
      const saved = state.get();
      const around = wrapped(stub, repeat).durationNs;
      state.set(saved);
      const { retval, durationNs } = wrapped(object.program(name), repeat);
      if (retval !== XDP_TX) throw new Error(`${name} (${kind}, IPv${family}): verdict ${retval}`);
      return durationNs - around + bare;
    },
    [Symbol.dispose]() {
      object[Symbol.dispose]();
      wrap[Symbol.dispose]();
    },
  };
}

function settingsOf(family: Family, kind: FlowTableKind, flows: number): Record<string, VariableValue> {
  const others = family === 4 ? 'lbx_flow_buckets6' : 'lbx_flow_buckets4';
  const { [others]: _, ...settings } = flowSettings(kind, flows);
  return { ...settings, lbx_hz: hertz() };
}

// Nanoseconds a packet through lbx_xdp, by BPF_PROG_TEST_RUN on one CPU with warm caches: lower bounds, to be read as
// multiples of the floor rows of the same run. The test loop itself (about 26 ns here) is in every row.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { flowCatalog, type LbxFlow4, type ReasonName } from '@lbx/maps';
import type { PacketBuilder } from '@lbx/testing';
import { type BpfObject, load } from 'libbpf-ts';
import { minAndMedian, type BenchRow as Row } from '../../scripts/bench-row.ts';
import { createLab, type Lab, place, xdpContext } from '../test/xdp-lab.ts';
import { reply, request, service } from '../test/xdp-packets.ts';

const RUNS = 9;
const REPEAT = 200_000;
const NEW_FLOWS = 100_000;
const NEW_RUNS = 5;
const FLOWS = 65_536;
/** `enum bench_mode` of wrap.bpf.c. */
const mode = { same: 0, random: 1, each: 2, new: 3 } as const;
const XDP_PASS = 2;
const XDP_TX = 3;

interface Measurement {
  readonly name: string;
  readonly packet: PacketBuilder;
  readonly mode?: number;
  readonly program: { readonly fd: number };
  readonly verdict: number;
  readonly repeat?: number;
  readonly runs?: number;
  /** All packets but one in 500 must be counted under this reason. */
  readonly counted?: ReasonName;
  /** Before each run. */
  readonly prepare?: () => void;
}

/** `only`: names of the cases to run; the others are skipped. */
export async function bench(options: { json: boolean; only?: RegExp }): Promise<Row[]> {
  using wrap = load(readFileSync(join(import.meta.dirname, 'prebuilt/wrap4.bpf.o')), {
    maps: { lbx_flow4: { maxEntries: 1 } },
  });
  const lab = createLab({
    frontends: [service('LoadBalancer', manyBackends(64))],
    snatPorts: [32768, 65535],
    gateWords: 16384,
    flows: 262_144,
  });
  using _closed = lab;
  const rows: Row[] = [];
  const measure = (what: Measurement) => {
    if (options.only?.test(what.name) !== false) rows.push(measureCase(wrap, lab, what));
  };
  const { lookup, parse } = {
    lookup: wrap.program('bench_lookup'),
    parse: wrap.program('bench_parse'),
  };
  const xdp = lab.xdp.program('lbx_xdp');
  const established = request({ sport: 40000 });

  fillFloor(wrap);
  measure({ name: 'floor-parse', packet: established, program: parse, verdict: XDP_TX });
  measure({ name: 'floor-lru', packet: request({ sport: 1024 }), program: lookup, verdict: XDP_TX });

  measure({
    name: 'pass4-stranger',
    packet: request({ to: '198.51.100.77' }),
    program: xdp,
    verdict: XDP_PASS,
  });
  measure({
    name: 'pass4-node',
    packet: request({ to: place.node, dport: 22 }),
    program: xdp,
    verdict: XDP_PASS,
  });
  measure({ name: 'pass4-snat-port', packet: reply({ dport: 50000 }), program: xdp, verdict: XDP_PASS });

  const first = lab.send(request({ sport: 40000, flags: ['syn'] })).packet;
  const backend = { from: first.ipv4!.dst, sport: first.tcp!.dport, dport: first.tcp!.sport };
  lab.send(reply({ ...backend, flags: ['syn', 'ack'] }));
  lab.send(established);
  const refresh = () => {
    lab.send(established);
    lab.send(reply(backend));
  };
  measure({
    name: 'est4-snat',
    packet: established,
    program: xdp,
    verdict: XDP_TX,
    counted: 'sent_request',
    prepare: refresh,
  });
  measure({
    name: 'rev4-snat',
    packet: reply(backend),
    program: xdp,
    verdict: XDP_TX,
    counted: 'sent_reply',
    prepare: refresh,
  });

  measure({
    name: 'floor-lru-64k',
    packet: established,
    mode: mode.random,
    program: lookup,
    verdict: XDP_TX,
  });
  lab.apply([service('LoadBalancer', manyBackends(1000))]);
  const each = (flags: 'syn' | 'ack') => {
    run(wrap, lab, { packet: request({ flags: [flags] }), mode: mode.each, program: xdp, repeat: FLOWS });
  };
  each('syn');
  measure({
    name: 'est4-64k',
    packet: established,
    mode: mode.random,
    program: xdp,
    verdict: XDP_TX,
    counted: 'sent_request',
    prepare: () => each('ack'),
  });

  lab.close();
  for (const name of ['new4-snat', 'new4-snat-full']) {
    if (options.only?.test(name) === false) continue;
    rows.push(
      joined(
        name,
        Array.from({ length: NEW_RUNS }, () => measureNew(wrap, name)),
      ),
    );
  }
  return rows;
}

function manyBackends(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    address: `203.0.113.${i % 250}`,
    port: 8000 + Math.floor(i / 250),
    protocol: 'TCP' as const,
    node: 'other' as const,
  }));
}

/** The keys of `bench_client` in wrap.bpf.c, and that of the template. */
function fillFloor(wrap: BpfObject): void {
  const { key, value } = flowCatalog.lbx_flow4;
  const keys = Buffer.alloc(FLOWS * key.size);
  const values = Buffer.alloc(FLOWS * value.size);
  const keyView = new DataView(keys.buffer, keys.byteOffset);
  const valueView = new DataView(values.buffer, values.byteOffset);
  const empty = flowCatalog.lbx_flow4.value.get(new DataView(new ArrayBuffer(64)), 0, undefined as never);
  for (let n = 0; n < FLOWS; n++) {
    const saddr = n < 1 ? place.client : `203.0.113.${n >> 15}`;
    const flow = {
      saddr,
      daddr: place.loadBalancer,
      sport: 1024 + (n & 0x7fff),
      dport: 80,
      proto: 6,
      direction: 0,
    };
    key.put(keyView, n * key.size, flow);
    value.put(valueView, n * value.size, { ...empty, checked: 1 } as LbxFlow4, flow);
  }
  wrap.map('bench_lru').updateBatch(keys, values);
  const first = {
    saddr: '203.0.113.0',
    daddr: place.loadBalancer,
    sport: 1024,
    dport: 80,
    proto: 6,
    direction: 0,
  };
  wrap.map('bench_lru').set(key.encode(first), values.subarray(0, 64));
}

/** One run on maps that are new (their memory has never been used), or full of other flows. */
function measureNew(wrap: BpfObject, name: string): Row {
  using lab = createLab({
    frontends: [service('LoadBalancer', manyBackends(64))],
    snatPorts: [32768, 65535],
    gateWords: 16384,
    flows: name === 'new4-snat' ? 262_144 : 65_536,
  });
  const program = lab.xdp.program('lbx_xdp');
  const flows = { packet: request({ flags: ['syn'] }), mode: mode.new, program } as const;
  if (name === 'new4-snat-full') run(wrap, lab, { ...flows, repeat: 4 * NEW_FLOWS });
  return measureCase(wrap, lab, {
    ...flows,
    name,
    verdict: XDP_TX,
    counted: 'sent_request',
    repeat: NEW_FLOWS,
    runs: 1,
  });
}

function joined(name: string, rows: readonly Row[]): Row {
  const results = rows.map(({ median }) => median);
  return {
    suite: 'datapath',
    case: name,
    unit: 'ns',
    ...minAndMedian(results),
    runs: results.length,
  };
}

function run(
  wrap: BpfObject,
  lab: Lab,
  {
    packet,
    mode: how = mode.same,
    program,
    repeat = REPEAT,
  }: Pick<Measurement, 'packet' | 'mode' | 'program' | 'repeat'>,
): { retval: number; durationNs: number } {
  const data = packet.bytes();
  const template = new Uint8Array(56);
  template.set(data.subarray(0, 56));
  wrap.variable('bench_template').set(template);
  wrap.variable('bench_mode').set(how);
  wrap.map('bench_target').setProgram(0, program);
  return wrap.program('bench_wrap').testRun({ data, ctx: xdpContext(data.length, lab.ifindex), repeat });
}

function measureCase(wrap: BpfObject, lab: Lab, what: Measurement): Row {
  const { runs = RUNS, repeat = REPEAT } = what;
  const stub = wrap.program('bench_stub');
  const data = what.packet.bytes();
  const state = wrap.variable('bench_state');
  const results: number[] = [];
  for (let i = 0; i < runs; i++) {
    const bare = stub.testRun({ data, repeat }).durationNs;
    const saved = state.get();
    const wrapped = run(wrap, lab, { ...what, program: stub }).durationNs;
    state.set(saved);
    what.prepare?.();
    state.set(saved);
    const before = what.counted ? lab.count(what.counted) : 0;
    const { durationNs, retval } = run(wrap, lab, what);
    if (retval !== what.verdict) throw new Error(`${what.name}: verdict ${retval}, expected ${what.verdict}`);
    const counted = what.counted ? lab.count(what.counted) - before : repeat;
    if (counted < repeat * 0.998) {
      throw new Error(`${what.name}: only ${counted} of ${repeat} packets were ${what.counted}`);
    }
    results.push(durationNs - wrapped + bare);
  }
  return {
    suite: 'datapath',
    case: what.name,
    unit: 'ns',
    ...minAndMedian(results),
    runs,
  };
}

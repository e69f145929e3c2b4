// Nanoseconds a packet through lbx_xdp (and, tc-…, lbx_tc_ingress), by BPF_PROG_TEST_RUN on one CPU with warm caches: lower bounds, to be read as
// multiples of the floor rows of the same run. The test loop itself (about 26 ns here) is in every row.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Frontend, flowCatalog, type ReasonName } from '@lbx/maps';
import type { PacketBuilder } from '@lbx/testing';
import { type BpfObject, load } from 'libbpf-ts';
import { minAndMedian, type BenchRow as Row } from '../../scripts/bench-row.ts';
import { flowTableKind } from '../test/flow-map.ts';
import { createLab, type Family, type Lab, type LabOptions, xdpContext } from '../test/xdp-lab.ts';
import { type Addressed, packetsOf as plainPacketsOf } from '../test/xdp-packets.ts';
import { tcRows } from './tc-rows.ts';

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
  /** The packet grows in front, and is made as long as it was before the next one. */
  readonly grows?: boolean;
  /** All packets but one in 500 must be counted under this reason. */
  readonly counted?: ReasonName;
  /** Before each run. */
  readonly prepare?: () => void;
}

/** Packets that are longer than what is put back before each run. */
function packetsOf(family: Family) {
  const { request, reply, ...others } = plainPacketsOf(family);
  const long = { payload: 'hello, hello, hello, hello, hello' };
  return {
    ...others,
    request: (what: Addressed = {}) => request({ ...what, ...long }),
    reply: (what: Parameters<typeof reply>[0]) => reply({ ...what, ...long }),
  };
}

type Measure = (what: Measurement) => void;
type Wanted = (name: string) => boolean;

/** `only`: names of the cases to run; the others are skipped. */
export async function bench(options: { json: boolean; only?: RegExp }): Promise<Row[]> {
  const wanted: Wanted = (name) => options.only?.test(name) !== false;
  return ([4, 6] as const).flatMap((family) => familyRows(family, wanted));
}

function familyRows(family: Family, wanted: Wanted): Row[] {
  const name = (what: string) => what.replace('#', `${family}`);
  using wrap = load(readFileSync(join(import.meta.dirname, `prebuilt/wrap${family}.bpf.o`)), {
    maps: { [`lbx_flow${family}`]: { maxEntries: 1 }, [`lbx_flow_set${family}`]: { maxEntries: 1 } },
  });
  const rows: Row[] = [];
  const { place, request, reply, service } = packetsOf(family);
  const { lookup, parse } = { lookup: wrap.program('bench_lookup'), parse: wrap.program('bench_parse') };
  fillFloor(wrap, family);

  withLab({ family, frontends: [service('LoadBalancer', manyBackends(family, 64))] }, (lab) => {
    const measure: Measure = (what) => {
      if (wanted(what.name)) rows.push(measureCase(wrap, lab, what));
    };
    const { entry: program } = lab;
    const floor = { packet: request({ sport: 1024 }), verdict: XDP_TX };
    measure({ ...floor, name: family === 4 ? 'floor-parse' : 'parse6', program: parse });
    measure({ ...floor, name: family === 4 ? 'floor-lru' : 'lru6', program: lookup });

    const passed = { program, verdict: XDP_PASS };
    measure({ ...passed, name: name('pass#-stranger'), packet: request({ to: place.stranger }) });
    measure({ ...passed, name: name('pass#-node'), packet: request({ to: place.node, dport: 22 }) });
    measure({ ...passed, name: name('pass#-snat-port'), packet: reply({ dport: 50000 }) });

    measureEstablished(lab, measure, family, name('est#-snat'), name('rev#-snat'));
    // A priority and no VLAN: the tag costs the same.
    measureEstablished(lab, measure, family, name('est#-tagged'), name('rev#-tagged'), 0);

    const random = { packet: request({ sport: 40000 }), mode: mode.random, verdict: XDP_TX };
    measure({ ...random, name: family === 4 ? 'floor-lru-64k' : 'lru6-64k', program: lookup });
    if (!wanted(name('est#-64k'))) return;
    lab.apply([service('LoadBalancer', manyBackends(family, 1000))]);
    const each = (flags: 'syn' | 'ack') => {
      const packet = request({ flags: [flags] });
      run(wrap, lab, { packet, mode: mode.each, program, repeat: FLOWS });
    };
    each('syn');
    const prepare = () => each('ack');
    measure({ ...random, name: name('est#-64k'), program, counted: 'sent_request', prepare });
  });

  const variants: readonly (readonly [string, Partial<Frontend>])[] = [
    ['est#-affinity', { affinitySeconds: 10800 }],
    ['est#-ranges', { sourceRanges: [place.clients] }],
    ['est#-dsr', { forwarding: 'dsr' }],
  ];
  for (const [what, more] of variants) {
    if (!wanted(name(what))) continue;
    const frontends = [service('LoadBalancer', manyBackends(family, 64), more)];
    withLab({ family, frontends }, (lab) => {
      const measure: Measure = (each) => rows.push(measureCase(wrap, lab, each));
      measureEstablished(lab, measure, family, name(what));
    });
  }

  // Each packet of UDP gets an option; each packet a tunnel.
  for (const [what, protocol, lbx_dsr_by] of [
    ['opt#-dsr', 'UDP', 0],
    ['ipip#-dsr', 'TCP', 1],
  ] as const) {
    if (!wanted(name(what))) continue;
    const backends = manyBackends(family, 64).map((each) => ({ ...each, protocol }));
    const frontends = [service('LoadBalancer', backends, { forwarding: 'dsr', protocol })];
    withLab({ family, frontends, variables: { lbx_dsr_by } }, (lab) => {
      const packet = request({ sport: 40000, protocol });
      lab.send(request({ sport: 40000, protocol, flags: ['syn'] }));
      rows.push(
        measureCase(wrap, lab, {
          name: name(what),
          packet,
          grows: true,
          program: lab.entry,
          verdict: XDP_TX,
          counted: 'sent_request',
          prepare: () => void lab.send(packet),
        }),
      );
    });
  }

  rows.push(...tcRows(family, wanted, manyBackends(family, 64)));

  for (const what of ['new#-snat', 'new#-snat-full', 'new#-dsr', 'new#-dsr-full'].map(name)) {
    if (!wanted(what)) continue;
    const all = Array.from({ length: NEW_RUNS }, () => measureNew(wrap, family, what).median);
    rows.push({ suite: 'datapath', case: what, unit: 'ns', ...minAndMedian(all), runs: all.length });
  }
  return rows;
}

function withLab(options: LabOptions, use: (lab: Lab) => void): void {
  using lab = createLab({
    snatPorts: [32768, 65535],
    gateWords: 16384,
    flows: 262_144,
    flowTable: flowTableKind,
    ...options,
  });
  use(lab);
}

/** A connection of TCP: requests, and replies unless they go another way. */
function measureEstablished(
  lab: Lab,
  measure: Measure,
  family: Family,
  name: string,
  replies?: string,
  vlan?: number,
): void {
  const { request, reply } = packetsOf(family);
  const tag = vlan === undefined ? {} : { vlan };
  const established = request({ sport: 40000, ...tag });
  const first = lab.send(request({ sport: 40000, flags: ['syn'], ...tag }));
  const { sport, dport } = first.packet.tcp!;
  const backend = { from: first.ip.dst, sport: dport, dport: sport, ...tag };
  if (replies !== undefined) lab.send(reply({ ...backend, flags: ['syn', 'ack'] }));
  lab.send(established);
  const common = {
    program: lab.entry,
    verdict: XDP_TX,
    prepare: () => {
      lab.send(established);
      if (replies !== undefined) lab.send(reply(backend));
    },
  };
  measure({ ...common, name, packet: established, counted: 'sent_request' });
  if (replies !== undefined) {
    measure({ ...common, name: replies, packet: reply(backend), counted: 'sent_reply' });
  }
}

function manyBackends(family: Family, count: number) {
  const { place } = packetsOf(family);
  return Array.from({ length: count }, (_, i) => ({
    address: place.clientAt(i % 250),
    port: 8000 + Math.floor(i / 250),
    protocol: 'TCP' as const,
    node: 'other' as const,
  }));
}

/** The keys of `bench_client` in wrap.bpf.c, and that of the template. */
function fillFloor(wrap: BpfObject, family: Family): void {
  const { place } = packetsOf(family);
  const { key, value } = flowCatalog[`lbx_flow${family}`];
  const keys = Buffer.alloc(FLOWS * key.size);
  const values = Buffer.alloc(FLOWS * value.size);
  const keyView = new DataView(keys.buffer);
  const empty = new DataView(new ArrayBuffer(value.size));
  const flow = { daddr: place.loadBalancer, dport: 80, proto: 6, direction: 0 };
  // `checked` of each is 1: what the program looks at.
  value.put(
    empty,
    0,
    { ...(value.get(empty, 0, flow as never) as object), checked: 1 } as never,
    flow as never,
  );
  for (let n = 0; n < FLOWS; n++) {
    const saddr = n < 1 ? place.client : clientOf(family, n >> 15);
    key.put(keyView, n * key.size, { ...flow, saddr, sport: 1024 + (n & 0x7fff) } as never);
    values.set(new Uint8Array(empty.buffer), n * value.size);
  }
  wrap.map('bench_lru').updateBatch(keys, values);
  const first = { ...flow, saddr: clientOf(family, 0), sport: 1024 };
  wrap.map('bench_lru').set(key.encode(first as never), new Uint8Array(empty.buffer));
}

/** The address that `bench_client` gives flow n << 15: 203.0.113.n, in the last word of an IPv6 address. */
function clientOf(family: Family, n: number): string {
  return family === 4 ? `203.0.113.${n}` : `2001:db8:3::cb00:71${n.toString(16).padStart(2, '0')}`;
}

/** One run on maps that are new (their memory has never been used), or full of other flows. */
function measureNew(wrap: BpfObject, family: Family, name: string): Row {
  const { request, service } = packetsOf(family);
  const isFull = name.endsWith('-full');
  using lab = createLab({
    family,
    frontends: [
      service('LoadBalancer', manyBackends(family, 64), name.includes('-dsr') ? { forwarding: 'dsr' } : {}),
    ],
    snatPorts: [32768, 65535],
    gateWords: 16384,
    flows: isFull ? 65_536 : 262_144,
    flowTable: flowTableKind,
    // Without options: what a packet grew by, test runs do not take back.
    ...(name.includes('-dsr') && { variables: { lbx_dsr_by: 0 } }),
  });
  const { entry: program } = lab;
  // What DSR tells the backend's node, it tells with SYN; an option more is not what is measured here.
  const flags = name.includes('-dsr') ? (['ack'] as const) : (['syn'] as const);
  const flows = { packet: request({ flags }), mode: mode.new, program } as const;
  if (isFull) run(wrap, lab, { ...flows, repeat: 4 * NEW_FLOWS });
  return measureCase(wrap, lab, {
    ...flows,
    name,
    verdict: XDP_TX,
    counted: 'sent_request',
    repeat: NEW_FLOWS,
    runs: 1,
  });
}

function run(
  wrap: BpfObject,
  lab: Lab,
  {
    packet,
    mode: how = mode.same,
    program,
    repeat = REPEAT,
    grows = false,
  }: Pick<Measurement, 'packet' | 'mode' | 'program' | 'repeat' | 'grows'>,
): { retval: number; durationNs: number } {
  const data = packet.bytes();
  const template = wrap.variable('bench_template');
  template.set(data.slice(0, template.get().length));
  wrap.variable('bench_mode').set(how);
  wrap.variable('bench_length').set(grows ? data.length : 0);
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

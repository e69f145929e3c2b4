// What it costs to be told: nanoseconds a packet at XDP by BPF_PROG_TEST_RUN, with and without traffic counters, and of
// dropped packets with and without a listener. To be read as differences within one run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PacketBuilder } from '@lbx/testing';
import { load } from 'libbpf-ts';
import { minAndMedian, type BenchRow as Row } from '../../scripts/bench-row.ts';
import { listen, type Wishes } from '../test/event-ears.ts';
import { createLab, type Lab, xdpContext } from '../test/xdp-lab.ts';
import { backend, reply, request, service } from '../test/xdp-packets.ts';

const RUNS = 9;
const REPEAT = 200_000;
/** Fewer than the ring holds. */
const RING_BYTES = 1 << 20;
const EVENTS = 10_000;

export async function bench(_options: { json: boolean }): Promise<Row[]> {
  return [...established(undefined), ...established(65_536), ...drops()];
}

/** Packets of one flow, counted by frontend and backend or not. */
function established(traffic: number | undefined): Row[] {
  using lab = open(traffic === undefined ? {} : { traffic });
  using wrap = load(readFileSync(join(import.meta.dirname, 'prebuilt/wrap4.bpf.o')), {
    maps: { lbx_flow4: { maxEntries: 1 } },
  });
  const payload = 'hello, hello, hello'; // longer than the wrapper's template
  const first = lab.send(request({ sport: 40000, flags: ['syn'] })).packet;
  const ends = { from: first.ipv4!.dst, sport: first.tcp!.dport, dport: first.tcp!.sport };
  lab.send(reply({ ...ends, flags: ['syn', 'ack'] }));
  const forth = request({ sport: 40000, payload });
  const back = reply({ ...ends, payload });
  const suffix = traffic === undefined ? '' : '-traffic';

  const run = (packet: PacketBuilder, program: { readonly fd: number }) => {
    const data = packet.bytes();
    const template = wrap.variable('bench_template');
    template.set(data.slice(0, template.spec.size));
    wrap.variable('bench_mode').set(0);
    wrap.map('bench_target').setProgram(0, program);
    const ctx = xdpContext(data.length, lab.ifindex);
    return wrap.program('bench_wrap').testRun({ data, ctx, repeat: REPEAT }).durationNs;
  };
  const stub = wrap.program('bench_stub');
  const measure = (name: string, packet: PacketBuilder) => {
    return row(`${name}${suffix}`, () => {
      const bare = stub.testRun({ data: packet.bytes(), repeat: REPEAT }).durationNs;
      const wrapped = run(packet, stub);
      lab.send(forth);
      lab.send(back);
      return run(packet, lab.xdp.program('lbx_xdp')) - wrapped + bare;
    });
  };
  const floor = () => stub.testRun({ data: forth.bytes(), repeat: REPEAT }).durationNs;
  return [
    ...(traffic === undefined ? [row('floor-empty', floor)] : []),
    measure('est4-snat', forth),
    measure('rev4-snat', back),
  ];
}

/** Packets to a port that a service does not have. */
function drops(): Row[] {
  using lab = open({});
  const measure = (name: string, wishes: Wishes | undefined, isFull = false) => {
    using ears = wishes && listen(lab.xdp, { ringBytes: RING_BYTES, reasons: ['drop_wildcard'], ...wishes });
    const data = request({ dport: 81 }).bytes();
    const ctx = xdpContext(data.length, lab.ifindex);
    const run = (repeat: number) => lab.xdp.program('lbx_xdp').testRun({ data, ctx, repeat }).durationNs;
    return row(name, () => {
      if (!isFull) ears?.heard();
      return run(EVENTS);
    });
  };
  return [
    measure('drop4', undefined),
    measure('drop4-sampled', { oneIn: 100 }),
    measure('drop4-told', {}),
    measure('drop4-lost', { ringBytes: 4096 }, true),
  ];
}

function open(options: { readonly traffic?: number }): Lab {
  return createLab({ frontends: [service('LoadBalancer', [backend(0)])], ...options });
}

function row(name: string, run: () => number): Row {
  run();
  const results = Array.from({ length: RUNS }, run);
  return { suite: 'introspection', case: name, unit: 'ns', ...minAndMedian(results), runs: RUNS };
}

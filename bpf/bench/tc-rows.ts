import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frontend, ReasonName } from '@lbx/maps';
import type { PacketBuilder } from '@lbx/testing';
import { type BpfObject, type BpfProgram, load } from 'libbpf-ts';
import { type BenchRow, minAndMedian } from '../../scripts/bench-row.ts';
import { flowTableKind } from '../test/flow-map.ts';
import { createLab, type Family, type Lab, skbContext } from '../test/xdp-lab.ts';
import { packetsOf } from '../test/xdp-packets.ts';

const RUNS = 9;
const REPEAT = 200_000;
const PASS = 0xffff_ffff;
const REDIRECT = 7;
const payload = 'hello, hello, hello, hello, hello';

/**
 * Nanoseconds a packet through lbx_tc_ingress, of the same kind as those through lbx_xdp; `tc-empty`: a program that does
 * nothing, the test loop by itself, which is in every row.
 */
export function tcRows(family: Family, wanted: (name: string) => boolean, backends: Frontend['backends']) {
  const name = (what: string) => what.replace('#', `${family}`);
  const { place, request, reply, service } = packetsOf(family);
  const names = ['tc-empty', 'tc-pass#-stranger', 'tc-est#-snat', 'tc-rev#-snat'].map(name);
  if (!names.some(wanted)) return [];
  using wrap = load(readFileSync(join(import.meta.dirname, 'prebuilt/wrap_tc.bpf.o')));
  using lab = createLab({
    family,
    hook: 'tc',
    frontends: [service('LoadBalancer', backends)],
    snatPorts: [32768, 65535],
    gateWords: 16384,
    flows: 262_144,
    flowTable: flowTableKind,
    checksumComplete: false,
  });
  const established = request({ sport: 40000, payload });
  const { ip, packet } = lab.send(request({ sport: 40000, flags: ['syn'] }));
  const { sport, dport } = packet.tcp!;
  const answer = reply({ from: ip.dst, sport: dport, dport: sport, payload });
  const prepare = () => {
    lab.send(established);
    lab.send(answer);
  };
  lab.send(reply({ from: ip.dst, sport: dport, dport: sport, flags: ['syn', 'ack'] }));
  const rows: BenchRow[] = [];
  const add = (what: string, one: () => number) => {
    if (!wanted(what)) return;
    rows.push({
      suite: 'datapath',
      case: what,
      unit: 'ns',
      ...minAndMedian(Array.from({ length: RUNS }, one)),
      runs: RUNS,
    });
  };
  const stub = wrap.program('bench_stub');
  if (family === 4) add('tc-empty', () => runBare(stub, established.bytes()));
  add(name('tc-pass#-stranger'), () => {
    return measure(wrap, lab, request({ to: place.stranger, payload }), PASS);
  });
  add(name('tc-est#-snat'), () => {
    prepare();
    return measure(wrap, lab, established, REDIRECT, 'sent_request');
  });
  add(name('tc-rev#-snat'), () => {
    prepare();
    return measure(wrap, lab, answer, REDIRECT, 'sent_reply');
  });
  return rows;
}

function runBare(stub: BpfProgram, data: Uint8Array): number {
  return stub.testRun({ data, repeat: REPEAT }).durationNs;
}

/** Without what the wrapper takes. */
function measure(
  wrap: BpfObject,
  lab: Lab,
  packet: PacketBuilder,
  verdict: number,
  counted?: ReasonName,
): number {
  const data = packet.bytes();
  const template = wrap.variable('bench_template');
  template.set(data.slice(0, template.get().length));
  const run = (program: BpfProgram) => {
    wrap.map('bench_target').setProgram(0, program);
    return wrap.program('bench_wrap').testRun({ data, ctx: skbContext(lab.ifindex), repeat: REPEAT });
  };
  const stub = wrap.program('bench_stub');
  const bare = runBare(stub, data);
  const wrapped = run(stub).durationNs;
  const before = counted ? lab.count(counted) : 0;
  const { durationNs, retval } = run(lab.ingress);
  if (retval >>> 0 !== verdict) throw new Error(`tc: verdict ${retval}, expected ${verdict}`);
  if (counted && lab.count(counted) - before < REPEAT * 0.998)
    throw new Error(`tc: only ${lab.count(counted) - before} of ${REPEAT} packets were ${counted}`);
  return durationNs - wrapped + bare;
}

import { workerData } from 'node:worker_threads';
import { createRandom, type ParsedPacket, parsePacket } from '@lbx/testing';
import { BpfProgram } from 'libbpf-ts';
import { type Family, skbContext, xdpContext } from './xdp-lab.ts';
import { packetsOf } from './xdp-packets.ts';

/** What the thread is to do. */
export interface PacketStress {
  readonly family: Family;
  readonly xdpFd: number;
  readonly egressFd: number;
  readonly ifindex: number;
  readonly clients: number;
  readonly seed: number;
  readonly ms: number;
  /** What came of it: `stressCounts`. */
  readonly counts: SharedArrayBuffer;
}

/** Packets that were translated; that were dropped, or passed as nobody's; and those translated wrongly. */
export const stressCounts = ['requests', 'delivered', 'replies', 'answers', 'lost', 'wrong'] as const;

const [PASS, TX] = [2, 3];
const [SNAT_MIN, SNAT_MAX] = [40_000, 40_999];

/** Sends packets of all flows in turn, with others that do the same, and looks at every frame that comes out. */
function stress({ family, xdpFd, egressFd, ifindex, clients, seed, ms, counts }: PacketStress): void {
  const { place, request, reply } = packetsOf(family);
  using xdp = BpfProgram.fromFd(xdpFd);
  using egress = BpfProgram.fromFd(egressFd);
  const counted = new Uint32Array(counts);
  const count = (what: (typeof stressCounts)[number]) => Atomics.add(counted, stressCounts.indexOf(what), 1);
  const remote = new Set<string>(Array.from({ length: 4 }, (_, n) => place.backend(n)));
  const random = createRandom(seed);
  const flows = Array.from({ length: clients }, (_, n) => {
    const protocol = n % 2 === 0 ? ('TCP' as const) : ('UDP' as const);
    return { from: place.clientAt(1 + (n % 50)), sport: 1024 + n, protocol, payload: `flow ${n}` };
  });
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const flow = random.pick(flows);
    const flags = random.pick(['ack', 'ack', 'ack', 'syn', 'fin'] as const);
    const data = request({ ...flow, flags: [flags] }).bytes();
    const { retval, data: out } = xdp.testRun({ data, ctx: xdpContext(data.length, ifindex) });
    if (retval !== TX && retval !== PASS) {
      count('lost');
      continue;
    }
    const sent = parsePacket(out);
    const to = endsOf(sent);
    const isLocal = to.dst === place.pod && to.dport === 8080 && retval === PASS;
    const isRemote = remote.has(to.dst) && to.dport === 8080 && retval === TX;
    const isFrom = isLocal
      ? to.src === flow.from && to.sport === flow.sport
      : to.src === place.node && to.sport >= SNAT_MIN && to.sport <= SNAT_MAX;
    if (!(isLocal || isRemote) || !isFrom || !isWhole(sent, flow.payload)) {
      count('wrong');
      continue;
    }
    count(isLocal ? 'delivered' : 'requests');
    if (random.chance(30)) continue;
    const back = { ...flow, from: to.dst, sport: to.dport, to: to.src, dport: to.sport };
    const answer = reply({ ...back, flags: [flags === 'syn' ? 'syn' : 'ack', 'ack'] }).bytes();
    const came = isLocal
      ? egress.testRun({ data: answer, ctx: skbContext(ifindex) })
      : xdp.testRun({ data: answer, ctx: xdpContext(answer.length, ifindex) });
    const got = parsePacket(came.data);
    const { src, sport, dst, dport } = endsOf(got);
    const isBack = src === place.loadBalancer && sport === 80 && dst === flow.from && dport === flow.sport;
    if (isBack && isWhole(got, flow.payload)) count(isLocal ? 'answers' : 'replies');
    // Its half was given to another flow: as it came, or dropped.
    else
      count(
        Buffer.compare(came.data, answer) === 0 || came.retval === 1 || came.retval === 2 ? 'lost' : 'wrong',
      );
  }
}

function endsOf({ ipv4, ipv6, tcp, udp }: ParsedPacket) {
  const { src, dst } = (ipv4 ?? ipv6)!;
  return { src, dst, ...(tcp ?? udp)! };
}

/** Its sums are right, and it says what it said. */
function isWhole({ problems, payload }: ParsedPacket, text: string): boolean {
  return problems.length === 0 && Buffer.from(payload).toString() === text;
}

if (workerData) stress(workerData as PacketStress);

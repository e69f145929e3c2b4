import { flowCatalog, type LbxFlow4, type LbxFlow4Key, type LbxRev4Bucket } from '@lbx/maps';
import { expect } from 'vitest';
import { hertz, type Lab, type Sent } from './xdp-lab.ts';
import { type Addressed, packetsOf } from './xdp-packets.ts';

const SNAT_MIN = 40000;

export const seconds = (n: number) => n * hertz();

/** A flow behind its handshake. */
export interface OpenFlow {
  readonly port: number;
  readonly backend: string;
}

/** The packets of a family, and what is done with the flows that they make. */
export function flowsOf(family: 4 | 6) {
  const packets = packetsOf(family);
  const { request, reply, backend, service } = packets;
  const lb = (...backends: Parameters<typeof service>[1][number][]) => service('LoadBalancer', backends);
  /** The layouts of IPv6 have other sizes, but the same fields as far as these tests go. */
  const flowMap = flowCatalog[`lbx_flow${family}`];
  const reverseMap = flowCatalog[`lbx_rev${family}`];

  /** The request half of the one flow there is. */
  function onlyFlow(lab: Lab): [LbxFlow4Key, LbxFlow4] {
    const flows = lab.tables.entries<LbxFlow4Key, LbxFlow4>(flowMap).filter(([key]) => key.direction === 0);
    expect(flows).toHaveLength(1);
    return flows[0]!;
  }

  function changeFlow(lab: Lab, change: (flow: LbxFlow4) => Partial<LbxFlow4>): void {
    const [key, flow] = onlyFlow(lab);
    lab.tables.set(flowMap, key, { ...flow, ...change(flow) });
  }

  function bucketOf(lab: Lab, port: number): LbxRev4Bucket {
    return lab.tables.get<{ index: number }, LbxRev4Bucket>(reverseMap, { index: port - SNAT_MIN })!;
  }

  function changeReply(lab: Lab, port: number, change: Partial<LbxRev4Bucket['entry'][number]>): void {
    const bucket = bucketOf(lab, port);
    const entry = bucket.entry.map((each, way) => (bucket.tag[way] ? { ...each, ...change } : each));
    lab.tables.set(reverseMap, { index: port - SNAT_MIN }, { ...bucket, entry });
  }

  const ago = (jiffies: number) => (flow: { lastSeen: number }) => ({
    lastSeen: (flow.lastSeen - jiffies) >>> 0,
  });
  const forgetReply = (lab: Lab, port: number) =>
    lab.xdp
      .map(reverseMap.name)
      .set(new Uint8Array(Uint32Array.of(port - SNAT_MIN).buffer), new Uint8Array(reverseMap.valueSize));
  const portOf = (sent: Sent) => (sent.packet.tcp ?? sent.packet.udp!).sport;
  const backendOf = (sent: Sent) => sent.ip.dst;

  /** A finished handshake. */
  function open(lab: Lab, what: Addressed = {}): OpenFlow {
    const first = lab.send(request({ ...what, flags: ['syn'] }));
    expect(first.verdict).toBe('tx');
    const flow = { port: portOf(first), backend: backendOf(first) };
    const { protocol = 'TCP' } = what;
    expect(
      lab.send(reply({ from: flow.backend, dport: flow.port, protocol, flags: ['syn', 'ack'] })).verdict,
    ).toBe('tx');
    expect(lab.send(request(what)).verdict).toBe('tx');
    return flow;
  }

  /** No flows, and a service with three backends. */
  function startAnew(lab: Lab): void {
    lab.forget();
    lab.apply([]);
    lab.apply([lb(backend(0), backend(1), backend(2))]);
  }

  return {
    ...packets,
    lb,
    flowMap,
    onlyFlow,
    changeFlow,
    bucketOf,
    changeReply,
    ago,
    forgetReply,
    portOf,
    backendOf,
    open,
    startAnew,
  };
}

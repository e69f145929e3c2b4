import type { FlowHalf, FlowState, LbxFlow4, LbxFragment4Key, LbxRev4, RequestHalf } from '@lbx/maps';
import type { KernelFlows } from './kernel-flows.ts';
import { familyOf, places } from './place.ts';

/** What a half says apart from times; and its times. */
interface Half {
  readonly text: string;
  /** Jiffies since it was seen. */
  readonly age: number;
  /** Jiffies since its way and service were asked for, where that is known. */
  readonly checked?: number;
}
type Halves = Map<string, Half>;

/** Jiffies (seconds for affinity) by which ages may differ. */
const TOLERANCE = 25;

/** Every difference between the flow tables of the kernel and what the oracle knows, a line each. */
export function compareFlows(
  kernel: KernelFlows,
  oracle: FlowState,
  kernelNow: number,
  oracleNow: number,
): string[] {
  const there = kernelHalves(kernel, kernelNow);
  const expected = oracleHalves(oracle, oracleNow);
  const problems: string[] = [];
  for (const key of new Set([...there.keys(), ...expected.keys()])) {
    const [has, wants] = [there.get(key), expected.get(key)];
    if (has?.text !== wants?.text) {
      problems.push(`${key}: the kernel has ${has?.text ?? 'nothing'}, expected ${wants?.text ?? 'nothing'}`);
    } else if (Math.abs(has!.age - wants!.age) > TOLERANCE) {
      problems.push(`${key}: last seen ${has!.age} jiffies ago, expected ${wants!.age}`);
    } else if (
      Math.abs((has!.checked ?? 0) - (wants!.checked ?? 0)) > TOLERANCE &&
      wants!.checked !== undefined
    ) {
      problems.push(`${key}: asked for ${has!.checked} jiffies ago, expected ${wants!.checked}`);
    }
  }
  const affinities = new Map(kernel.affinities.map(([key, id]) => [key, id]));
  for (const key of new Set([...affinities.keys(), ...oracle.affinities.keys()])) {
    const [has, wants] = [affinities.get(key), oracle.affinities.get(key)?.backendId];
    if (has !== wants) problems.push(`affinity of ${key}: the kernel has ${has}, expected ${wants}`);
  }
  const ports = new Map(
    kernel.fragments.map(([key, { sport, dport }]) => [fragmentKey(key), `${sport} ${dport}`]),
  );
  for (const key of new Set([...ports.keys(), ...oracle.fragments.keys()])) {
    const known = oracle.fragments.get(key);
    const wants = known && `${known.sport} ${known.dport}`;
    if (ports.get(key) !== wants)
      problems.push(`fragments of ${key}: the kernel has ${ports.get(key)}, expected ${wants}`);
  }
  return problems;
}

/** Ids are as they were loaded: in network order. */
function fragmentKey({ saddr, daddr, id, proto }: LbxFragment4Key): string {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, id, true);
  return `${saddr} ${daddr} ${familyOf(saddr) === 4 ? bytes.getUint16(0) : bytes.getUint32(0)} ${proto}`;
}

// Jiffies of the kernel begin 300 seconds before the 32-bit zero, those here at boot: only ages are compared.
function kernelHalves({ flows, replies }: KernelFlows, now: number): Halves {
  const halves: Halves = new Map();
  const tail = (half: LbxFlow4 | LbxRev4) =>
    `backend ${half.backendId} generation ${half.generation} service ${half.revNatIndex} flags ${half.flags}`;
  const since = (time: number) => (now - time) | 0;
  const age = ({ lastSeen }: { lastSeen: number }) => since(lastSeen);
  for (const [key, flow] of flows) {
    const name = `${key.direction === 0 ? 'request' : 'reply'} ${key.proto} ${key.saddr}:${key.sport} > ${key.daddr}:${key.dport}`;
    const becomes = `${flow.saddr}:${flow.sport} > ${flow.daddr}:${flow.dport}`;
    halves.set(name, { text: `${becomes} ${tail(flow)}`, age: age(flow), checked: since(flow.checked) });
  }
  for (const [port, half] of replies) {
    const name = `reply ${half.proto} ${half.backendAddr}:${half.backendPort} > SNAT:${port}`;
    const becomes = `${half.vipAddr}:${half.vipPort} > ${half.clientAddr}:${half.clientPort}`;
    halves.set(name, { text: `${becomes} ${tail(half)}`, age: age(half), checked: since(half.checked) });
  }
  return halves;
}

function oracleHalves({ requests, localReplies, ports }: FlowState, now: number): Halves {
  const halves: Halves = new Map();
  const end = ({ address, port }: { address: string; port: number }) => `${address}:${port}`;
  const add = (name: string, from: string, to: string, half: FlowHalf) => {
    const { backend, revNatId, flags, lastSeen } = half;
    const text = `${from} > ${to} backend ${backend.id} generation ${backend.generation} service ${revNatId} flags ${flags}`;
    const { checked } = half as Partial<RequestHalf>;
    halves.set(name, {
      text,
      age: now - lastSeen,
      ...(checked !== undefined && { checked: now - checked }),
    });
  };
  for (const half of requests.values()) {
    const { proto, client, service, backend, snatPort } = half;
    const from =
      snatPort === undefined
        ? end(client)
        : end({ address: places[familyOf(client.address)].node, port: snatPort });
    add(`request ${proto} ${end(client)} > ${end(service)}`, from, end(backend), half);
  }
  for (const half of localReplies.values()) {
    const { proto, client, service, backend } = half;
    add(`reply ${proto} ${end(backend)} > ${end(client)}`, end(service), end(client), half);
  }
  for (const [key, ways] of ports) {
    for (const half of ways) {
      if (!half) continue;
      const name = `reply ${half.proto} ${end(half.backend)} > SNAT:${key.split(' ')[1]}`;
      add(name, end(half.service), end(half.client), half);
    }
  }
  return halves;
}

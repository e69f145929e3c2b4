import {
  catalog,
  EventDirection,
  type Frontend,
  flowCatalog,
  Hook,
  type Lb4Key,
  type LbxFlow4,
  type LbxFlow4Key,
  type ReasonName,
  reasonOf,
} from '@lbx/maps';
import { describeKernel, eth, fragmentPacket } from '@lbx/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { listen } from './event-ears.ts';
import {
  createLab,
  hertz,
  hooks,
  type Lab,
  type Hook as LabHook,
  type LabOptions,
  place,
  skbContext,
  xdpContext,
} from './xdp-lab.ts';
import { type Addressed, backend, podBackend, reply, request, service } from './xdp-packets.ts';

const link = { src: place.routerMac, dst: place.nodeMac };
const named = (event: { readonly reason: number }) => reasonOf(event.reason)?.name;
const capacity = (ringBytes: number) => Math.floor(ringBytes / (72 + 8));

interface Case {
  readonly reason: ReasonName;
  readonly frontends?: readonly Frontend[];
  readonly lab?: LabOptions;
  readonly prepare?: (lab: Lab) => void;
  /** `prepare` does what another case would suffer from. */
  readonly spoils?: boolean;
  readonly packet?: Addressed;
  /** Not at the other hook. */
  readonly only?: LabHook;
  /** The sender is told. */
  readonly rejected?: boolean;
  /** What the event knows: the service's number, the backend's. */
  readonly knows?: { readonly service?: boolean; readonly backend?: boolean };
}

const lb = (more: Partial<Frontend> = {}, backends = [backend(0)]) => [
  service('LoadBalancer', backends, more),
];
const both = { service: true, backend: true };

const cases: readonly Case[] = [
  {
    reason: 'drop_wildcard',
    packet: { dport: 81 },
    // Nothing of its service may be left.
    prepare: (lab) => void lab.send(request({ flags: ['syn'] })),
  },
  {
    reason: 'drop_not_routable',
    frontends: [service('ClusterIP', [backend(0)])],
    packet: { to: place.clusterIp },
    knows: { service: true },
  },
  { reason: 'drop_no_backend', frontends: lb({}, []), rejected: true, knows: { service: true } },
  {
    reason: 'drop_source_range',
    frontends: lb({ sourceRanges: ['203.0.113.0/30'] }),
    knows: { service: true },
  },
  { reason: 'drop_ttl', packet: { ttl: 1 }, rejected: true, knows: both },
  { reason: 'drop_no_snat_address', lab: { variables: { lbx_snat_addr4: 0 } }, knows: both },
  {
    reason: 'drop_snat_ports_used_up',
    lab: { snatPorts: [40000, 40001], variables: { lbx_snat_prime: 2 } },
    prepare: (lab) => {
      for (let sport = 1; sport <= 2; sport++) lab.send(request({ flags: ['syn'], sport }));
    },
    knows: both,
  },
  {
    reason: 'drop_reply_collision',
    frontends: [service('LoadBalancer', [podBackend]), service('ExternalIP', [podBackend])],
    prepare: (lab) => void lab.send(request({ flags: ['syn'], to: place.external, sport: 40123 })),
    knows: both,
  },
  {
    reason: 'drop_no_route',
    frontends: lb({}, [{ ...backend(0), address: '198.51.100.77' }]),
    knows: both,
  },
  {
    reason: 'drop_no_neighbour',
    frontends: lb({}, [{ ...backend(0), address: '192.0.2.99' }]),
    only: 'xdp', // behind tc the kernel resolves it
    knows: both,
  },
  {
    reason: 'drop_forwarding_disabled',
    prepare: (lab) => lab.sysctl('net.ipv4.conf.eth0.forwarding', 0),
    spoils: true,
    knows: both,
  },
  {
    reason: 'drop_backend_missing',
    prepare: (lab) => {
      const map = lab.xdp.map('lbx_backend_meta');
      for (let id = 0; id < 16; id++)
        map.set(new Uint8Array(Uint32Array.of(id).buffer), new Uint8Array(map.valueSize));
    },
    spoils: true,
    knows: { service: true },
  },
  {
    reason: 'pass_no_service',
    lab: { wildcards: false, gate: false },
    packet: { dport: 81 },
    prepare: (lab) => void lab.send(request({ flags: ['syn'] })),
  },
  { reason: 'pass_l7_service', frontends: lb({ proxyPort: 12345 }), knows: { service: true } },
  { reason: 'note_new_flow', knows: both },
];

/** One packet; only what is told of it counts. */
function run(lab: Lab, hook: LabHook, data: Uint8Array): void {
  if (hook === 'tc') lab.tc.program('lbx_tc_ingress').testRun({ data, ctx: skbContext(lab.ifindex) });
  else lab.xdp.program('lbx_xdp').testRun({ data, ctx: xdpContext(data.length, lab.ifindex) });
}

for (const hook of hooks) {
  describeKernel(`events at ${hook}`, () => {
    const labs = new Map<string, Lab>();
    afterAll(() => {
      for (const lab of labs.values()) lab.close();
    });
    const labFor = (options: LabOptions, place: string): Lab => {
      const lab = labs.get(place) ?? createLab({ ...options, hook });
      labs.set(place, lab);
      lab.forget();
      return lab;
    };

    const here = cases.filter(({ only = hook }) => only === hook);
    it.each(here)('$reason', ({ reason, frontends = lb(), lab: options = {}, prepare, packet, ...one }) => {
      const lab = labFor(options, one.spoils ? reason : JSON.stringify(options));
      lab.apply(frontends);
      prepare?.(lab);
      using ears = listen(lab.xdp, { reasons: [reason] });
      const before = process.hrtime.bigint();
      const bytes = request({ flags: ['syn'], sport: 40123, ...packet }).bytes();
      const count = lab.count(reason);
      run(lab, hook, bytes);
      expect(lab.count(reason)).toBe(count + 1);
      const [event, ...more] = ears.heard();
      expect(more).toEqual([]);
      expect(event).toMatchObject({
        saddr: place.client,
        daddr: packet?.to ?? place.loadBalancer,
        sport: 40123,
        dport: packet?.dport ?? 80,
        ifindex: lab.ifindex,
        length: bytes.length,
        oneIn: 1,
        hook: hook === 'xdp' ? Hook.xdp : Hook.tcIngress,
        family: 4,
        proto: 6,
        tcpFlags: 0x02,
        rejected: one.rejected ? 1 : 0,
      });
      expect(named(event!)).toBe(reason);
      expect(event!.time >= before && event!.time <= process.hrtime.bigint()).toBe(true);
      expect(event!.backendId > 0).toBe(one.knows?.backend ?? false);
      expect(event!.revNatIndex > 0).toBe(one.knows?.service ?? false);
      if (one.knows) expect(event!.direction).toBe(EventDirection.request);
    });
  });
}

describeKernel('an event', () => {
  let lab: Lab;
  beforeAll(() => {
    lab = createLab();
  });
  beforeEach(() => {
    lab.forget();
    lab.apply(lb());
  });
  afterAll(() => lab.close());
  /** A packet that is dropped, and one event of it if anybody listens. */
  const dropped = (more: Addressed = {}) => lab.send(request({ dport: 81, ...more }));

  it('names backend and service by their numbers in the maps', () => {
    using ears = listen(lab.xdp, { reasons: ['note_new_flow'] });
    lab.send(request({ flags: ['syn'] }));
    const [event] = ears.heard();
    expect(event!.backendId).toBe(lab.tables.backendIds.get(`${place.backend(0)}:8080/6`));
    const frontend = { address: place.loadBalancer, dport: 80, backendSlot: 0, proto: 6, scope: 0 };
    const { revNatIndex } = lab.tables.get<Lb4Key, { revNatIndex: number }>(
      catalog.lb4_services_v2,
      frontend,
    )!;
    expect(event!.revNatIndex).toBe(revNatIndex);
  });

  it('of a reply tells the backend and the SNAT port as they are on the wire', () => {
    const sent = lab.send(request({ flags: ['syn'] }));
    using ears = listen(lab.xdp);
    lab.send(reply({ dport: sent.packet.tcp!.sport, ttl: 1 }));
    const [event] = ears.heard().filter((one) => named(one) === 'drop_ttl');
    expect(event).toMatchObject({
      saddr: place.backend(0),
      sport: 8080,
      daddr: place.node,
      dport: sent.packet.tcp!.sport,
      direction: EventDirection.reply,
      backendId: lab.tables.backendIds.get(`${place.backend(0)}:8080/6`),
    });
  });

  it('at egress says so', () => {
    lab.apply([service('LoadBalancer', [podBackend])]);
    lab.send(request({ flags: ['syn'] }));
    using ears = listen(lab.tc, { reasons: ['pass_reply_expired'] });
    ageFlows(lab, 61);
    lab.leave(reply({ from: place.pod, to: place.client, dport: 40001 }));
    expect(ears.heard()).toMatchObject([
      { hook: Hook.tcEgress, direction: EventDirection.reply, saddr: place.pod, dport: 40001 },
    ]);
  });

  it('sees ports behind IPv4 options, and none in a later fragment', () => {
    using ears = listen(lab.xdp, { reasons: ['drop_wildcard', 'drop_fragment_early'] });
    const options = new Uint8Array([1, 1, 1, 0]);
    lab.send(
      eth(link)
        .ipv4({ src: place.client, dst: place.loadBalancer, options })
        .tcp({ sport: 40001, dport: 81, flags: ['syn', 'ece'] }),
    );
    expect(ears.heard()).toMatchObject([{ sport: 40001, dport: 81, tcpFlags: 0x42 }]);
    const whole = request({ protocol: 'UDP', payload: 'y'.repeat(2000) }).bytes();
    whole[20] = 0; // clear "do not fragment"
    const [, later] = fragmentPacket(whole, 1000);
    lab.send(later!);
    expect(ears.heard()).toMatchObject([
      { family: 4, proto: 17, sport: 0, dport: 0, saddr: place.client, daddr: place.loadBalancer },
    ]);
  });

  it('is not made when nobody listens, or not to its reason, or no longer', () => {
    {
      using ears = listen(lab.xdp, { reasons: ['drop_ttl'] });
      dropped();
      expect(ears.heard()).toEqual([]);
      expect(ears.stats('drop_wildcard').every(({ seen }) => seen === 0n)).toBe(true);
    }
    using late = listen(lab.xdp, { until: process.hrtime.bigint() });
    dropped();
    expect(late.heard()).toEqual([]);
    expect(late.stats('drop_wildcard').every(({ seen }) => seen === 0n)).toBe(true);
    using ears = listen(lab.xdp, { until: process.hrtime.bigint() + 60_000_000_000n });
    dropped();
    expect(ears.heard().map(named)).toEqual(['drop_wildcard']);
  });

  it.each([
    ['203.0.113.5', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', ['203.0.113.5']],
    ['203.0.113.0', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00', ['203.0.113.5', '203.0.113.6']],
    ['198.51.100.1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', ['203.0.113.5', '203.0.113.6']],
    ['192.0.2.1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', []],
  ])('is of packets from or to %s, mask %s', (address, mask, from) => {
    using ears = listen(lab.xdp, { address: `::ffff:${address}`, mask });
    for (const client of ['203.0.113.5', '203.0.113.6']) dropped({ from: client });
    expect(ears.heard().map(({ saddr }) => saddr)).toEqual(from);
  });

  it('goes to each listener that wants it, in a ring of its own', () => {
    using one = listen(lab.xdp, { slot: 0, reasons: ['drop_wildcard'] });
    using two = listen(lab.xdp, { slot: 7, reasons: ['drop_wildcard', 'note_new_flow'] });
    dropped();
    lab.send(request({ flags: ['syn'] }));
    expect(one.heard().map(named)).toEqual(['drop_wildcard']);
    expect(two.heard().map(named)).toEqual(['drop_wildcard', 'note_new_flow']);
  });

  it('is made of one packet in N, exactly on each CPU', () => {
    using ears = listen(lab.xdp, { oneIn: 7, reasons: ['drop_wildcard'] });
    const data = request({ dport: 81 }).bytes();
    const ctx = xdpContext(data.length, lab.ifindex);
    const before = lab.count('drop_wildcard');
    lab.xdp.program('lbx_xdp').testRun({ data, ctx, repeat: 1000 });
    const seen = ears.stats('drop_wildcard').map((one) => Number(one.seen));
    // A signal makes the kernel begin anew: it may have been more.
    const dropped = lab.count('drop_wildcard') - before;
    expect(dropped).toBeGreaterThanOrEqual(1000);
    expect(seen.reduce((sum, one) => sum + one)).toBe(dropped);
    const events = ears.heard();
    seen.forEach((count, cpu) => {
      expect(events.filter((event) => event.cpu === cpu).length).toBe(Math.ceil(count / 7));
    });
    expect(events.every(({ oneIn }) => oneIn === 7)).toBe(true);
  });

  it('is counted where the ring is full, and the packet does not wait', () => {
    using ears = listen(lab.xdp, { ringBytes: 4096 });
    for (let n = 0; n < 100; n++) expect(dropped().verdict).toBe('drop');
    const lost = ears.stats('drop_wildcard').reduce((sum, one) => sum + Number(one.lost), 0);
    expect(ears.heard().length).toBe(capacity(4096));
    expect(lost).toBe(100 - capacity(4096));
    dropped();
    expect(ears.heard().length).toBe(1);
  });

  it('is counted as lost where a listener has no ring', () => {
    using ears = listen(lab.xdp);
    lab.xdp.map('lbx_events').delete(new Uint8Array(4));
    dropped();
    expect(ears.stats('drop_wildcard').reduce((sum, one) => sum + Number(one.lost), 0)).toBe(1);
  });
});

/** Makes all flows so many seconds older. */
function ageFlows(lab: Lab, seconds: number): void {
  for (const [key, flow] of lab.tables.entries<LbxFlow4Key, LbxFlow4>(flowCatalog.lbx_flow4))
    lab.tables.set(flowCatalog.lbx_flow4, key, {
      ...flow,
      lastSeen: (flow.lastSeen - seconds * hertz()) >>> 0,
    });
}

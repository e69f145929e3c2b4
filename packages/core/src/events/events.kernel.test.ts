import { fileURLToPath } from 'node:url';
import { flowCatalog, type LbxEventListener, type ServiceSpec } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { talkTo } from '../../test/lines.ts';
import { addresses, createPacketWorld, type LbProcess } from '../../test/packet-world.ts';
import type { DatapathEvent } from './datapath-event.ts';
import type { EventOptions } from './event-wishes.ts';
import type { DatapathEvents } from './open-events.ts';
import { openPinnedEvents } from './open-pinned-events.ts';

const [a] = addresses.remote;
const target = `${addresses.service}:80`;
const web = (...backends: string[]): ServiceSpec => ({
  name: 'default/web',
  frontends: [{ address: addresses.service, port: 80, protocol: 'TCP', type: 'LoadBalancer' }],
  backends: backends.map((address) => ({ address, port: 8080, protocol: 'TCP' })),
});
const listenerProcess = fileURLToPath(new URL('../../test/event-process.ts', import.meta.url));

describeKernel('events of a load balancer in another process', () => {
  let world: Awaited<ReturnType<typeof createPacketWorld>>;
  let lb: LbProcess;
  const opened: DatapathEvents[] = [];
  const listen = (options: EventOptions = {}) => {
    const events = openPinnedEvents({ pins: world.pins, ...options });
    opened.push(events);
    return events;
  };
  const map = (name: string) => BpfMap.openPinned(`${world.pins}/${name}`);
  /** Listeners by reason. */
  const rules = () => {
    using pinned = map('lbx_event_rules');
    return [...pinned.entries()].map(([, value]) => Buffer.from(value).readUInt32LE());
  };
  const rings = () => {
    using pinned = map('lbx_events');
    return [...pinned.keys()].length;
  };

  /** Entries that say which services are wanted. */
  const wishes = () => {
    using pinned = map('lbx_event_services');
    return [...pinned.keys()].length;
  };

  beforeAll(async () => {
    world = await createPacketWorld();
    lb = await world.start();
    await lb.apply([web(a)]);
  });
  afterEach(() => {
    for (const events of opened.splice(0)) events.close();
  });
  afterAll(() => world.end());

  it('a new flow: the packet as it was, its service and its backend by name', async () => {
    const events = listen({ kinds: ['new'] });
    const before = Date.now();
    world.ask(target, 1);
    const [event] = await take(events, 1);
    expect(event).toMatchObject({
      kind: 'new',
      reason: 'note_new_flow',
      doc: 'a backend was chosen for a new flow',
      hook: 'xdp',
      direction: 'request',
      family: 4,
      protocol: 'TCP',
      source: { address: addresses.client, port: expect.any(Number) },
      destination: { address: addresses.service, port: 80 },
      tcpFlags: ['syn'],
      length: 74,
      service: '198.51.100.1:80/TCP',
      backend: `${a}:8080`,
      oneIn: 1,
    });
    // The clock of packets is read beside the one of dates.
    expect(event!.time.getTime()).toBeGreaterThan(before - 1000);
    expect(event!.time.getTime()).toBeLessThan(Date.now() + 1000);
    expect(event!.ifindex).toBe(world.node.device('eth0').index);
  });

  it('a drop, of the address that is asked for', async () => {
    const [all, other] = [listen({ kinds: ['drop'] }), listen({ address: '203.0.113.0/24' })];
    world.ask(`${addresses.service}:81`, 1, 200);
    expect(await take(all, 1)).toMatchObject([{ kind: 'drop', reason: 'drop_wildcard', tcpFlags: ['syn'] }]);
    other.close();
    expect(await take(other, 1)).toEqual([]);
  });

  it('of the services that are asked for, also those that come later', async () => {
    const other = { ...web(a), name: 'default/other' };
    const elsewhere = '198.51.100.2';
    await lb.apply([web(a), { ...other, frontends: [{ ...web(a).frontends[0]!, address: elsewhere }] }]);
    const wanted = [`${elsewhere}:80`];
    const some = listen({ kinds: ['new', 'drop'], services: () => wanted });
    const next = async () => (await take(some, 1))[0]?.destination;
    // The listener renews its place between two of them, however long they take.
    for (const to of [target, `${elsewhere}:80`, `${elsewhere}:81`]) {
      world.ask(to, 1, 200);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await next()).toEqual({ address: elsewhere, port: 80 });
    // Of a port that is nobody's only the address is known.
    expect(await next()).toEqual({ address: elsewhere, port: 81 });
    wanted.push(addresses.service);
    // That there are wishes, and of each service a number and an address.
    await expect.poll(wishes, { timeout: 30_000 }).toBe(5);
    world.ask(target, 1);
    // What was dropped before may have been sent again.
    let destination = await next();
    while (destination?.address === elsewhere) destination = await next();
    expect(destination).toEqual({ address: addresses.service, port: 80 });
    some.close();
    expect(wishes()).toBe(0);
    await lb.apply([web(a)]);
  });

  it('a reject is told from a drop, though the reason is the same', async () => {
    await lb.apply([web()]);
    const [rejects, drops] = [listen({ kinds: ['reject'] }), listen({ kinds: ['drop'] })];
    world.ask(target, 1, 500);
    expect(await take(rejects, 1)).toMatchObject([
      { kind: 'reject', reason: 'drop_no_backend', service: '198.51.100.1:80/TCP' },
    ]);
    world.ask(`${addresses.service}:81`, 1, 200);
    expect(await take(drops, 1)).toMatchObject([{ reason: 'drop_wildcard' }]);
    await lb.apply([web(a)]);
  });

  it('each listener has its own, and switches off what it alone has switched on', async () => {
    expect(rules().every((bits) => bits === 0)).toBe(true);
    const one = listen({ reasons: ['note_new_flow', 'drop_ttl'] });
    const two = listen({ reasons: ['note_new_flow'] });
    world.ask(target, 1);
    expect(await take(one, 1)).toHaveLength(1);
    expect(await take(two, 1)).toHaveLength(1);
    const bits = rules();
    expect(bits[16]! & (bits[16]! - 1)).not.toBe(0);
    one.close();
    expect(rules()[75]).toBe(0);
    expect(rules()[16]).not.toBe(0);
    two.close();
    expect(rules().every((left) => left === 0)).toBe(true);
    expect(rings()).toBe(0);
  });

  it('ends by break, by close and by the signal, and tells what was lost to the end', async () => {
    const events = listen({ kinds: ['new'] });
    world.ask(target, 2);
    for await (const { kind } of events) {
      expect(kind).toBe('new');
      break;
    }
    expect(rings()).toBe(0);
    const stop = new AbortController();
    const waiting = take(listen({ signal: stop.signal }), 1);
    stop.abort();
    expect(await waiting).toEqual([]);
    expect(() => listen({ signal: stop.signal })).toThrow(expect.objectContaining({ name: 'AbortError' }));
    const small = listen({ kinds: ['new'], ringBytes: 4096 });
    world.ask(target, 80);
    expect(small.lost).toBeGreaterThanOrEqual(80 - 51);
    const { lost } = small;
    small.close();
    expect(small.lost).toBe(lost);
  });

  it('one that was killed is told of nothing any more, and what it left is cleared at the next start', async () => {
    const killed = talkTo(
      world.node.spawn(process.execPath, ['--conditions=@lbx/source', listenerProcess, world.pins], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    expect(await killed.next()).toBe('listening');
    await killed.kill();
    expect(rules()[16]).not.toBe(0);
    {
      using listeners = map('lbx_event_listeners');
      const { key, value } = flowCatalog.lbx_event_listeners;
      const slot = key.encode({ listener: 0 });
      const left: LbxEventListener = value.decode(listeners.get(slot)!, { listener: 0 });
      expect(left.until).toBeLessThan(process.hrtime.bigint() + 16_000_000_000n);
      listeners.set(slot, value.encode({ ...left, until: 1n }, { listener: 0 }));
    }
    await lb.kill();
    lb = await world.start();
    await lb.apply([web(a)]);
    expect(rules().every((bits) => bits === 0)).toBe(true);
    // Its ring takes a place until that is needed.
    expect(rings()).toBe(1);
    for (let n = 0; n < 8; n++) listen({ reasons: ['drop_ttl'] });
    expect(() => listen()).toThrow(expect.objectContaining({ code: 'LBX_EVENTS_BUSY' }));
  });

  it('ends with an error when the load balancer is removed', async () => {
    const events = listen();
    await lb.remove();
    await expect(take(events, 1)).rejects.toMatchObject({
      code: 'LBX_NO_EVENTS',
      message: expect.stringContaining('is gone'),
    });
  });

  it('needs pins with packet programs', () => {
    expect(() => openPinnedEvents({ pins: world.pins })).toThrow(
      expect.objectContaining({ code: 'LBX_NO_EVENTS', message: expect.stringContaining('lbx_events') }),
    );
  });
});

/** The next `count` of them, or those that come until the end. */
async function take(events: DatapathEvents, count: number): Promise<DatapathEvent[]> {
  const taken: DatapathEvent[] = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    if (done) break;
    taken.push(value as DatapathEvent);
  }
  return taken;
}

import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeKernel } from './kernel-gate.ts';
import { createNetns, type Netns } from './netns.ts';
import { fragmentPacket } from './packet/fragment-packet.ts';
import { eth } from './packet/packet-builder.ts';
import { createPacketSocket, type PacketSocket } from './packet-socket.ts';
import { createVethPair } from './veth.ts';

const A = { mac: '02:00:00:00:0a:01', v4: '192.0.2.1', v6: '2001:db8::1' };
const B = { mac: '02:00:00:00:0b:01', v4: '192.0.2.2', v6: '2001:db8::2' };
const ETH = { src: A.mac, dst: B.mac };
const PORTS = { sport: 40000, dport: 8080 };
/** Prints "ready", then each datagram with where it came from. */
const UDP_SERVER = `const s = require('dgram').createSocket(process.argv[1]);
  s.on('message', (m, from) => console.log(from.address + ' ' + from.port + ' ' + m));
  s.bind(8080, () => console.log('ready'))`;

describeKernel('packet socket', () => {
  let a: Netns;
  let b: Netns;
  let left: PacketSocket;
  let right: PacketSocket;

  beforeAll(async () => {
    a = createNetns('left');
    b = createNetns('right');
    createVethPair(
      { ns: a, device: 'eth0', mac: A.mac, addresses: [`${A.v4}/24`, `${A.v6}/64`] },
      { ns: b, device: 'eth0', mac: B.mac, addresses: [`${B.v4}/24`, `${B.v6}/64`] },
      { staticNeighbours: true },
    );
    [left, right] = await Promise.all([createPacketSocket(a, 'eth0'), createPacketSocket(b, 'eth0')]);
  });

  afterAll(() => {
    left?.close();
    right?.close();
    a?.close();
    b?.close();
  });

  test('a frame arrives as it was sent, VLAN tag included', async () => {
    const sent = eth(ETH)
      .vlan({ id: 42, priority: 3 })
      .ipv4({ src: A.v4, dst: B.v4 })
      .udp(PORTS)
      .payload('tagged')
      .bytes();
    left.send(sent);
    await right.waitFor((p) => p.vlan?.id === 42);
    const seen = right.frames.find(({ bytes }) => bytes.length === sent.length);
    expect(seen).toEqual({ direction: 'in', bytes: sent });
  });

  test.each([
    ['udp4', () => eth(ETH).ipv4({ src: A.v4, dst: B.v4 })],
    ['udp6', () => eth(ETH).ipv6({ src: A.v6, dst: B.v6 })],
  ])(
    'the kernel accepts built packets, whole and in fragments, and hands them to a socket: %s',
    async (type, ip) => {
      const server = b.spawn(process.execPath, ['-e', UDP_SERVER, type], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const text = server.stdout!.setEncoding('utf8');
      const next = async () =>
        String((await once(text, 'data', { signal: AbortSignal.timeout(60_000) }))[0]).trim();
      expect(await next()).toBe('ready');
      const from = type === 'udp4' ? A.v4 : A.v6;
      left.send(ip().udp(PORTS).payload('hello'));
      expect(await next()).toBe(`${from} 40000 hello`);
      const long = 'fragmented '.repeat(20).trim();
      // The last piece first: the kernel must have both.
      for (const piece of fragmentPacket(ip().udp(PORTS).payload(long), 120, 77).reverse()) left.send(piece);
      expect(await next()).toBe(`${from} 40000 ${long}`);
      server.kill();
    },
  );

  test.each([
    [
      'ICMP',
      () => eth(ETH).ipv4({ src: A.v4, dst: B.v4 }).icmp({ type: 8, id: 7, seq: 1 }).payload('ping'),
      0,
    ],
    [
      'ICMPv6',
      () => eth(ETH).ipv6({ src: A.v6, dst: B.v6 }).icmp({ type: 128, id: 7, seq: 1 }).payload('ping'),
      129,
    ],
  ])('the kernel answers a built %s echo request', async (_, request, reply) => {
    left.send(request());
    const answer = await left.waitFor((p) => p.icmp?.type === reply && p.icmp.id === 7);
    expect(answer).toMatchObject({
      icmp: { seq: 1 },
      payload: new TextEncoder().encode('ping'),
      problems: [],
    });
  });

  test('packets of the kernel parse without a problem: SYN, RST, ICMP errors with quotes', async () => {
    const four = eth(ETH).ipv4({ src: A.v4, dst: B.v4 });
    left.send(four.tcp({ sport: 40001, dport: 9, flags: ['syn'] }));
    const reset = await left.waitFor((p) => p.tcp?.dport === 40001);
    expect(reset).toMatchObject({ tcp: { sport: 9, flags: ['rst', 'ack'], ack: 2 }, problems: [] });
    left.send(four.udp({ sport: 40002, dport: 9 }).payload('nobody'));
    const error = await left.waitFor((p) => p.icmp?.type === 3 && p.quoted?.udp?.sport === 40002);
    expect(error).toMatchObject({ icmp: { code: 3 }, quoted: { ipv4: { src: A.v4 } }, problems: [] });
    left.send(eth(ETH).ipv6({ src: A.v6, dst: B.v6 }).udp({ sport: 40003, dport: 9 }).payload('nobody'));
    const error6 = await left.waitFor((p) => p.ipv6 !== undefined && p.icmp?.type === 1);
    expect(error6).toMatchObject({ icmp: { code: 4 }, quoted: { udp: { sport: 40003 } }, problems: [] });
    a.spawn(process.execPath, ['-e', `require('net').connect(9, '${B.v4}').on('error', () => {})`], {
      stdio: 'ignore',
    });
    const syn = await left.waitFor((p, frame) => frame.direction === 'out' && p.tcp?.flags.join() === 'syn');
    expect(syn).toMatchObject({
      eth: { src: A.mac, dst: B.mac },
      ipv4: { src: A.v4, df: true },
      problems: [],
    });
    expect(syn.tcp!.options.length).toBeGreaterThan(0);
  });

  test('a packet that never comes is told with what came instead', async () => {
    await expect(left.waitFor(() => false, 30)).rejects.toMatchObject({
      code: 'LBX_TESTING_TIMEOUT',
      message: expect.stringMatching(
        /no such packet on eth0 in lbxt-left-.* within 30 ms; captured \d+, the last:\n {2}/,
      ),
    });
  });

  test('a device that does not exist is an error', async () => {
    await expect(createPacketSocket(a, 'none')).rejects.toMatchObject({
      code: 'LBX_TESTING_SOCKET',
      message: expect.stringContaining('there is no device none'),
    });
  });

  test('nothing is sent after close', async () => {
    const socket = await createPacketSocket(a, 'lo');
    socket.close();
    await expect
      .poll(() => {
        try {
          socket.send(new Uint8Array(60));
          return 'sent';
        } catch (error) {
          return (error as { code: string }).code;
        }
      })
      .toBe('LBX_TESTING_SOCKET');
  });
});

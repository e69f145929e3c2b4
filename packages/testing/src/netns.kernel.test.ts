import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeKernel } from './kernel-gate.ts';
import { createNetns, type Netns } from './netns.ts';
import { isRunning } from './resource.ts';
import { createVethPair } from './veth.ts';

const CLIENT = '02:00:00:00:0c:01';
const SERVER = '02:00:00:00:05:01';
/** Prints the port, then answers each connection with the address it came from. */
const ANSWER =
  'require("net").createServer(s => s.end(s.remoteAddress)).listen(0, process.argv[1], function () { console.log(this.address().port) })';
const ASK =
  'const s = require("net").connect(+process.argv[2], process.argv[1]); s.on("data", d => process.stdout.write(d)); s.setTimeout(5000, () => { throw new Error("timeout") })';

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = await once(child.stdout!, 'data', { signal: AbortSignal.timeout(60_000) });
  return String(chunk).trim();
}

describeKernel('netns', () => {
  let client: Netns;
  let server: Netns;

  beforeAll(() => {
    client = createNetns('client');
    server = createNetns('server');
    createVethPair(
      { ns: client, device: 'up', mac: CLIENT, addresses: ['198.51.100.2/24', '2001:db8:1::2/64'] },
      { ns: server, device: 'down', mac: SERVER, addresses: ['198.51.100.1/24', '2001:db8:1::1/64'] },
    );
  });

  afterAll(() => {
    client?.close();
    server?.close();
  });

  test.each([
    ['198.51.100.1', '198.51.100.2'],
    ['2001:db8:1::1', '2001:db8:1::2'],
  ])('real sockets talk over the pair to %s', async (address, from) => {
    const child = server.spawn(process.execPath, ['-e', ANSWER, address], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const port = await firstLine(child);
    expect(client.exec(process.execPath, ['-e', ASK, address, port])).toBe(from);
    child.kill();
  });

  test('devices have the MAC, the addresses and no transmit checksum offload', () => {
    const device = client.device('up');
    expect(device).toMatchObject({ mac: CLIENT, mtu: 1500 });
    expect(device.index).toBeGreaterThan(0);
    expect(device.addresses).toEqual(expect.arrayContaining(['198.51.100.2/24', '2001:db8:1::2/64']));
    expect(client.exec('ethtool', ['-k', 'up'])).toMatch(/^tx-checksumming: off/m);
  });

  test('routes, neighbours, addresses and sysctls are set', () => {
    client.addRoute('203.0.113.0/24', { via: '198.51.100.1' });
    client.addRoute('2001:db8:2::/64', { device: 'up' });
    expect(client.exec('ip', ['route', 'get', '203.0.113.9'])).toContain('via 198.51.100.1 dev up');
    expect(client.exec('ip', ['-6', 'route'])).toContain('2001:db8:2::/64 dev up');
    client.addNeighbour('up', '198.51.100.77', '02:00:00:00:00:77');
    expect(client.exec('ip', ['neighbour'])).toMatch(
      /198.51.100.77 dev up lladdr 02:00:00:00:00:77 PERMANENT/,
    );
    client.addAddress('lo', '192.0.2.1/32');
    expect(client.device('lo').addresses).toContain('192.0.2.1/32');
    expect(client.sysctl('net.ipv4.ip_forward', 1)).toBe('1');
    expect(server.sysctl('net.ipv4.ip_forward')).toBe('0');
  });

  test('default routes are refused', () => {
    for (const destination of ['default', '0.0.0.0/0', '::/0'])
      expect(() => client.addRoute(destination, { via: '198.51.100.1' })).toThrow(
        expect.objectContaining({ code: 'LBX_TESTING_DEFAULT_ROUTE' }),
      );
  });

  test('static neighbours make the first packet go without ARP', () => {
    using a = createNetns('a');
    using b = createNetns('b');
    createVethPair(
      { ns: a, device: 'a', addresses: ['192.0.2.1/24'] },
      { ns: b, device: 'b', addresses: ['192.0.2.2/24'] },
      { staticNeighbours: true, mtu: 1400 },
    );
    expect(a.exec('ip', ['neighbour'])).toContain(`192.0.2.2 dev a lladdr ${b.device('b').mac} PERMANENT`);
    expect(a.device('a').mtu).toBe(1400);
  });

  test('a failing command throws with its line and what it said', () => {
    expect(() => client.exec('sh', ['-c', 'echo so sad >&2; exit 3'])).toThrow(/sh -c .*: exit 3\nso sad/s);
    expect(() => client.exec('sleep', ['5'], { timeoutMs: 50 })).toThrow(
      expect.objectContaining({ code: 'LBX_TESTING_COMMAND' }),
    );
  });

  test('close ends what runs inside, also grandchildren, removes the namespace, and can be repeated', async () => {
    const ns = createNetns('closing');
    const child = ns.spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const grandchild = Number(await firstLine(child));
    const ended = once(child, 'exit');
    ns.close();
    await ended;
    await expect.poll(() => isRunning(grandchild)).toBe(false);
    expect(existsSync(ns.path)).toBe(false);
    ns.close();
    expect(() => ns.exec('true')).toThrow(expect.objectContaining({ code: 'LBX_TESTING_CLOSED' }));
  });

  test('what a killed test run left behind is removed by the next', async () => {
    const script = `import { createNetns } from ${JSON.stringify(new URL('./netns.ts', import.meta.url).href)};
      console.log(createNetns('lost').path); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const path = await firstLine(child);
    // As long as its maker runs: after that any test that runs beside this one may remove it.
    expect(existsSync(path)).toBe(true);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    createNetns('next').close();
    // Another test's may be at it just now.
    await expect.poll(() => existsSync(path)).toBe(false);
  });

  test('what a test forgets to close is removed when its process ends', async () => {
    const script = `import { createNetns } from ${JSON.stringify(new URL('./netns.ts', import.meta.url).href)};
      console.log(createNetns('forgotten').path);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [path] = await Promise.all([firstLine(child), once(child, 'exit')]);
    expect(path).toContain('forgotten');
    expect(existsSync(path)).toBe(false);
  });
});

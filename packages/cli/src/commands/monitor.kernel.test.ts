import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readPinnedCounters } from '@lbx/core';
import { describeKernel, type Netns } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AgentLan, addresses, createAgentLan } from '../../test/agent-lan.ts';
import { run } from '../../test/run.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const service: string = addresses.service;
/** Has no endpoints. */
const other = '198.51.100.2';

const manifest = `apiVersion: v1
kind: Service
metadata: { name: api, namespace: shop }
spec:
  type: LoadBalancer
  clusterIP: 198.51.100.71
  clusterIPs: [198.51.100.71]
  ports: [{ port: 80, targetPort: 8080, protocol: TCP }]
status: { loadBalancer: { ingress: [{ ip: ${other} }] } }
`;

/** A command line of lbx as a process in a namespace; lines of both outputs as they come. */
function start(ns: Netns, ...args: string[]) {
  const child = ns.spawn(process.execPath, ['--conditions=@lbx/source', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out = createInterface(child.stdout!)[Symbol.asyncIterator]();
  const err = createInterface(child.stderr!)[Symbol.asyncIterator]();
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  return {
    child,
    ended,
    line: async () => (await out.next()).value,
    message: async () => (await err.next()).value,
  };
}

describeKernel('lbx monitor beside lbx agent', () => {
  let lan: AgentLan;
  let node: Netns;
  let pins: string;
  let folder: string;
  beforeAll(async () => {
    lan = await createAgentLan({ 'api.yaml': manifest });
    ({ node, pins } = lan);
    folder = lan.manifests.path;
    await lan.startAgent(['--no-cgroup']);
  });
  afterAll(() => lan?.[Symbol.asyncDispose]());

  const rules = () => {
    using map = BpfMap.openPinned(`${pins}/lbx_event_rules`);
    return [...map.entries()].reduce((bits, [, value]) => bits | Buffer.from(value).readUInt32LE(), 0);
  };
  /** Runs a script beside the node, and does not care what becomes of it. */
  const inLan = (code: string) =>
    new Promise<void>((resolve) => {
      lan.lan.spawn(process.execPath, ['-e', code]).once('exit', () => resolve());
    });
  /** Tries to connect. */
  const knock = (port: number, host = service, localAddress = '192.0.2.10') =>
    inLan(
      `require('net').connect(${JSON.stringify({ port, host, localAddress })}).on('error', () => {}).setTimeout(300, () => process.exit())`,
    );
  const flood = (packets: number) =>
    inLan(`const socket = require('dgram').createSocket('udp4');
      const send = (left) => left === 0 ? socket.close() : socket.send('x', 81, '${service}', () => send(left - 1));
      send(${packets})`);
  const dropped = () => readPinnedCounters(pins).drop_wildcard?.packets ?? 0;

  it('shows packets with names, ends after --count, and leaves nothing switched on', async () => {
    const monitor = start(node, 'monitor', '--pins', pins, '--kind', 'new,drop', '--count', '1', '--verbose');
    expect(await monitor.message()).toBe(`listening to what is pinned in ${pins}`);
    expect(rules()).not.toBe(0);
    await knock(80);
    expect(await monitor.line()).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}note_new_flow {2}TCP 192\.0\.2\.10:\d+ → 198\.51\.100\.1:80 \[syn\] 74 B {2}xdp eth0 {2}service shop\/web 198\.51\.100\.1:80\/TCP, backend 192\.0\.2\.20:8080 {2}\(a backend was chosen for a new flow\)$/,
    );
    expect(await monitor.ended).toEqual([0, null]);
    expect(rules()).toBe(0);
  });

  it('two at once; one writes JSON and is ended by Ctrl-C, the other goes on', async () => {
    const json = start(node, 'monitor', '--pins', pins, '--json', '--reason', 'drop_wildcard');
    const plain = start(node, 'monitor', '--pins', pins, '--address', '192.0.2.0/24', '--kind', 'drop');
    await Promise.all([json.message(), plain.message()]);
    await knock(81);
    expect(JSON.parse((await json.line()) ?? '')).toMatchObject({
      kind: 'drop',
      reason: 'drop_wildcard',
      device: 'eth0',
      source: { address: '192.0.2.10' },
      destination: { address: service, port: 81 },
      monotonicNs: expect.stringMatching(/^\d+$/),
    });
    expect(await plain.line()).toContain('drop_wildcard');
    json.child.kill('SIGINT');
    expect(await json.ended).toEqual([0, null]);
    expect(rules()).not.toBe(0);
    plain.child.kill('SIGINT');
    expect(await plain.ended).toEqual([0, null]);
    expect(rules()).toBe(0);
  });

  it('shows the packets that are asked for and no others', async () => {
    const withoutAgent = ['--manifests', folder, '--node', 'node-a', '--agent', 'http://127.0.0.1:1'];
    const asked: readonly (readonly [flags: string[], says: string])[] = [
      [['--service', `${other}:80`], 'service shop/api'],
      [['--service', 'shop/web', '--client', '192.0.2.20', ...withoutAgent], 'TCP 192.0.2.20:'],
      [['--backend', '192.0.2.20:8080', '--to', `${service}:80`], 'backend 192.0.2.20:8080'],
      [['--proto', 'udp'], 'UDP 192.0.2.10:'],
    ];
    const monitors = asked.map(([flags]) => start(node, 'monitor', '--pins', pins, ...flags, '--count', '1'));
    await Promise.all(monitors.map(({ message }) => message()));
    await knock(81);
    await Promise.all([knock(80, other), knock(80, service, '192.0.2.20'), flood(1)]);
    for (const [i, { line, message, ended }] of monitors.entries()) {
      expect(await line()).toContain(asked[i]?.[1]);
      expect(await message()).toMatch(/^1 event in \d+\.\d s: 1 (note|drop)_\S+( \(rejected\))?; none lost$/);
      expect(await ended).toEqual([0, null]);
    }
  });

  it('refuses to wait for a service that nobody knows', async () => {
    const monitor = ['monitor', '--pins', pins, '--agent', 'http://127.0.0.1:1', '--service', 'shop/wep'];
    expect(await run(monitor)).toMatchObject({
      code: 4,
      err: expect.stringMatching(/no agent answers at http:\/\/127.0.0.1:1; say --kubeconfig/),
    });
    expect(await run([...monitor, '--manifests', folder])).toMatchObject({
      code: 3,
      err: expect.stringMatching(/knows 2 services, .* do you mean shop\/web\?$/),
    });
  });

  it('sums up what came until it is ended', async () => {
    const monitor = start(node, 'monitor', '--pins', pins, '--summary', '--kind', 'drop,reject');
    await monitor.message();
    await Promise.all([knock(81), knock(80, other)]);
    monitor.child.kill('SIGINT');
    const lines: string[] = [];
    for (let line = await monitor.line(); line !== undefined; line = await monitor.line()) lines.push(line);
    expect(await monitor.ended).toEqual([0, null]);
    expect(lines[0]).toMatch(/^[1-9]\d* events in \d+\.\d s, none lost$/);
    expect(lines).toContainEqual(expect.stringMatching(/^\d+ +drop_wildcard +- +192\.0\.2\.10 \d+$/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^\d+ +drop_no_backend \(rejected\) +shop\/api \d+ +192\.0\.2\.10 \d+$/),
    );
    expect(lines).toContain('drop_no_backend (rejected): service without an active backend');
  });

  it('ends by itself after --for', async () => {
    const monitor = start(node, 'monitor', '--pins', pins, '--for', '1', '--summary', '--kind', 'drop');
    expect(await monitor.line()).toMatch(/^\d+ events? in \d+\.\d s, none lost$/);
    expect(await monitor.ended).toEqual([0, null]);
    expect(rules()).toBe(0);
  });

  it('one that cannot keep up loses events, counts them, and holds up no packet', async () => {
    const flags = ['--reason', 'drop_wildcard', '--summary', '--json'];
    const monitor = start(node, 'monitor', '--pins', pins, ...flags);
    await monitor.message();
    const before = dropped();
    monitor.child.kill('SIGSTOP');
    // Its ring takes some 13,000.
    await flood(20_000);
    monitor.child.kill('SIGCONT');
    expect(await monitor.message()).toMatch(/^\d+ events lost: they came faster/);
    monitor.child.kill('SIGINT');
    const { events, lost } = JSON.parse((await monitor.line()) ?? '');
    expect(await monitor.ended).toEqual([0, null]);
    expect(lost).toBeGreaterThan(0);
    expect(events + lost).toBe(dropped() - before);
  });

  it('ends when nobody reads it any more', async () => {
    const monitor = start(node, 'monitor', '--pins', pins, '--kind', 'drop');
    await monitor.message();
    monitor.child.stdout!.destroy();
    while (monitor.child.exitCode === null) await Promise.race([knock(81), monitor.ended]);
    expect(await monitor.ended).toEqual([0, null]);
    expect(rules()).toBe(0);
  });
});

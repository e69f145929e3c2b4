// Real sockets through the programs: client, node with a pod, and two backend hosts on one link.
import { once } from 'node:events';
import { objectPath, readObject } from '@lbx/bpf';
import type { Frontend } from '@lbx/maps';
import { createNetns, createVethPair, describeKernel, type Netns } from '@lbx/testing';
import { load } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadBeside } from './load-beside.ts';
import { address, hertz } from './xdp-lab.ts';
import { enterNetns } from './xdp-netns.ts';
import { createXdpTables } from './xdp-tables.ts';

const at = { client: '192.0.2.5', node: '192.0.2.1', first: '192.0.2.10', second: '192.0.2.11' };
const pod = '198.51.100.130';
const vip = '198.51.100.1';

/** TCP: the peer's address and a newline, then everything back. UDP: the peer's address for every datagram. */
const server = `
const [port] = process.argv.slice(1).map(Number);
const tcp = require('net').createServer((socket) => { socket.write(socket.remoteAddress + '\\n'); socket.pipe(socket); socket.on('error', () => {}); });
const udp = require('dgram').createSocket('udp4', (_, from) => udp.send(from.address, from.port, from.address));
tcp.listen(port, '0.0.0.0', () => udp.bind(port, '0.0.0.0', () => console.log('ready')));`;

/** Sends \`size\` bytes and checks that they come back: prints the address that the server saw, and from where the answer came. */
const client = `
const [protocol, host, port, size, patience = 30000] = process.argv.slice(1);
const { createHash, randomBytes } = require('crypto');
const done = (out) => { console.log(JSON.stringify(out)); process.exit(0); };
setTimeout(() => done({ error: 'timeout' }), Number(patience));
if (protocol === 'UDP') {
  const udp = require('dgram').createSocket('udp4', (data, from) => done({ seen: String(data), from: from.address + ':' + from.port }));
  const send = () => udp.send('hello', port, host); send(); setInterval(send, 500);
} else {
  const socket = require('net').connect(port, host);
  const sent = randomBytes(Number(size)); const got = []; let length = 0;
  socket.on('error', (error) => done({ error: error.code }));
  socket.on('connect', () => socket.write(sent));
  socket.on('data', (data) => {
    got.push(data); length += data.length;
    const all = Buffer.concat(got); const line = all.indexOf(10);
    if (line < 0 || all.length < line + 1 + sent.length) return;
    socket.end();
    done({ seen: all.subarray(0, line).toString(), from: socket.remoteAddress + ':' + socket.remotePort, same: all.subarray(line + 1).equals(sent) });
  });
}`;

describeKernel('sockets through the datapath', () => {
  const stack = new DisposableStack();
  let clientNs: Netns;
  afterAll(() => stack.dispose());

  beforeAll(async () => {
    const names = ['client', 'node', 'first', 'second', 'pod', 'lan'] as const;
    const ns = Object.fromEntries(
      names.map((name) => [name, stack.use(createNetns(`sock-${name}`))]),
    ) as Record<(typeof names)[number], Netns>;
    clientNs = ns.client;
    ns.lan.exec('ip', ['link', 'add', 'br0', 'type', 'bridge']);
    ns.lan.exec('ip', ['link', 'set', 'br0', 'up']);
    for (const name of ['client', 'node', 'first', 'second'] as const) {
      createVethPair(
        { ns: ns[name], device: 'eth0', addresses: [`${at[name]}/24`] },
        { ns: ns.lan, device: name, addresses: [] },
      );
      ns.lan.exec('ip', ['link', 'set', name, 'master', 'br0']);
    }
    createVethPair(
      { ns: ns.node, device: 'pod', addresses: ['198.51.100.129/25'] },
      { ns: ns.pod, device: 'eth0', addresses: [`${pod}/25`] },
    );
    ns.pod.addRoute('192.0.2.0/24', { via: '198.51.100.129' });
    ns.client.addRoute(`${vip}/32`, { via: at.node });
    ns.node.sysctl('net.ipv4.ip_forward', 1);
    for (const name of ['first', 'second'] as const) {
      ns.node.addNeighbour('eth0', at[name], ns[name].device('eth0').mac);
    }

    const settings = { lbx_hz: hertz(), lbx_snat_addr4: address(at.node) };
    const xdp = stack.use(load(objectPath('xdp4'), { variables: settings }));
    const tc = stack.use(loadBeside(xdp, 'tc4', settings));
    const pass = stack.use(load(readObject('pass')));
    {
      using _node = enterNetns(ns.node);
      stack.use(xdp.program('lbx_xdp').attachXdp({ ifindex: 'eth0', mode: 'native' }));
      stack.use(tc.program('lbx_tc_egress').attachTc({ ifindex: 'eth0', direction: 'egress' }));
    }
    {
      using _lan = enterNetns(ns.lan);
      stack.use(pass.program('lbx_pass').attachXdp({ ifindex: 'node', mode: 'native' }));
    }
    createXdpTables(xdp, { nodeAddresses: [at.node], derived: true, wildcards: true }).apply(
      (['TCP', 'UDP'] as const).flatMap((protocol) => {
        const remote = [at.first, at.second].map((address) => ({
          address,
          port: 8080,
          protocol,
          node: 'other' as const,
        }));
        const local = (address: string) => [{ address, port: 8080, protocol, node: 'local' as const }];
        const common = { protocol, service: 'test' };
        return [
          { ...common, type: 'LoadBalancer', address: vip, port: 80, backends: remote },
          { ...common, type: 'NodePort', address: '0.0.0.0', port: 30080, backends: remote },
          { ...common, type: 'LoadBalancer', address: vip, port: 81, backends: local(pod) },
          { ...common, type: 'NodePort', address: '0.0.0.0', port: 30082, backends: local(at.node) },
        ] satisfies Frontend[];
      }),
    );
    const servers = [ns.first, ns.second, ns.pod, ns.node].map((where) =>
      where.spawn(process.execPath, ['-e', server, '8080'], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    await Promise.all(servers.map((each) => once(each.stdout!, 'data')));
  });

  const ask = (...args: (string | number)[]) =>
    JSON.parse(clientNs.exec(process.execPath, ['-e', client, ...args.map(String)]));

  it.each([
    ['LoadBalancer, remote backend', vip, 80, at.node],
    ['NodePort, remote backend', at.node, 30080, at.node],
    ['LoadBalancer, pod on the node', vip, 81, at.client],
    ['NodePort, socket of the node', at.node, 30082, at.client],
  ])('%s: TCP with 1 MB each way, and UDP', (_name, host, port, seen) => {
    const from = `${host}:${port}`;
    expect(ask('TCP', host, port, 1 << 20)).toEqual({ seen, from, same: true });
    expect(ask('UDP', host, port)).toEqual({ seen, from });
  });

  it('an unknown port of the service address is silent, not refused', () => {
    expect(ask('TCP', vip, 82, 1, 1500)).toEqual({ error: 'timeout' });
  });
});

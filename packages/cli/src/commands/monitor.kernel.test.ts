import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { objectPath } from '@lbx/bpf';
import { createBpffsFolder, createNetns, createVethPair, describeKernel, type Netns } from '@lbx/testing';
import { BpfMap, inNetns, load } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../test/run.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const address = '192.0.2.1';
const service = '198.51.100.1';

const manifest = `apiVersion: v1
kind: Node
metadata: { name: node-a }
status: { addresses: [{ type: InternalIP, address: ${address} }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec:
  type: LoadBalancer
  clusterIP: 198.51.100.70
  clusterIPs: [198.51.100.70]
  ports: [{ port: 80, targetPort: 8080, protocol: TCP }]
status: { loadBalancer: { ingress: [{ ip: ${service} }] } }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ port: 8080, protocol: TCP }]
endpoints: [{ addresses: [192.0.2.20], conditions: { ready: true }, nodeName: other }]
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
  const stack = new DisposableStack();
  let node: Netns;
  let lan: Netns;
  let pins: string;
  let agent: ReturnType<typeof start>;

  beforeAll(async () => {
    node = stack.use(createNetns('cli-node'));
    lan = stack.use(createNetns('cli-lan'));
    createVethPair(
      { ns: node, device: 'eth0', addresses: [`${address}/24`] },
      { ns: lan, device: 'eth0', addresses: ['192.0.2.10/24', '192.0.2.20/24'] },
    );
    node.sysctl('net.ipv4.ip_forward', 1);
    lan.addRoute('198.51.100.0/24', { via: address });
    const pass = stack.use(load(objectPath('pass')));
    stack.use(inNetns(lan.path, () => pass.program('lbx_pass').attachXdp({ ifindex: 'eth0' })));
    pins = `${stack.use(createBpffsFolder('cli-monitor')).path}/lbx`;
    const folder = stack.use(temporaryFolder({ 'web.yaml': manifest }));
    agent = start(
      node,
      ...['agent', '--node', 'node-a', '--device', 'eth0', '--xdp', 'native', '--no-cgroup'],
      ...['--manifests', folder.path, '--pins', pins, '--json'],
    );
    let line: string | undefined;
    do line = await agent.line();
    while (line !== undefined && JSON.parse(line).event !== 'applied');
    expect(line).toBeDefined();
  }, 60_000);
  afterAll(async () => {
    agent?.child.kill('SIGTERM');
    await agent?.ended;
    await run(['cleanup', '--pins', pins]);
    stack.dispose();
  });

  const rules = () => {
    using map = BpfMap.openPinned(`${pins}/lbx_event_rules`);
    return [...map.entries()].reduce((bits, [, value]) => bits | Buffer.from(value).readUInt32LE(), 0);
  };
  /** Tries to connect, and does not care. */
  const knock = (port: number) =>
    new Promise<void>((resolve) => {
      const code = `require('net').connect(${port}, '${service}').on('error', () => {}).setTimeout(300, () => process.exit())`;
      lan.spawn(process.execPath, ['-e', code]).once('exit', () => resolve());
    });

  it('shows packets with names, ends after --count, and leaves nothing switched on', async () => {
    const monitor = start(node, 'monitor', '--pins', pins, '--kind', 'new,drop', '--count', '1', '--verbose');
    expect(await monitor.message()).toBe(`listening to what is pinned in ${pins}`);
    expect(rules()).not.toBe(0);
    await knock(80);
    expect(await monitor.line()).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}note_new_flow {2}TCP 192\.0\.2\.10:\d+ → 198\.51\.100\.1:80 \[syn\] 74 B {2}xdp eth0 {2}service 198\.51\.100\.1:80\/TCP, backend 192\.0\.2\.20:8080 {2}\(a backend was chosen for a new flow\)$/,
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

  it('ends when nobody reads it any more', async () => {
    const monitor = start(node, 'monitor', '--pins', pins, '--kind', 'drop');
    await monitor.message();
    monitor.child.stdout!.destroy();
    while (monitor.child.exitCode === null) await Promise.race([knock(81), monitor.ended]);
    expect(await monitor.ended).toEqual([0, null]);
    expect(rules()).toBe(0);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTranslator, objectSource } from '@lbx/k8s-sync';
import { type BpffsFolder, type Cgroup, createBpffsFolder, createCgroup, describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Agent, type AgentOptions, startAgent } from '../src/agent/agent.ts';
import type { AgentEvent } from '../src/agent/agent-event.ts';
import { agentSource } from '../src/agent/agent-source.ts';

const service = (n: number, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: `web${n}` },
  spec: {
    clusterIP: `198.51.100.${n}`,
    clusterIPs: [`198.51.100.${n}`],
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    ...spec,
  },
});
const slice = (n: number, hosts: readonly number[], annotations: object = {}) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    namespace: 'shop',
    name: `web${n}-1`,
    labels: { 'kubernetes.io/service-name': `web${n}` },
    annotations,
  },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: hosts.map((host) => ({ addresses: [`192.0.2.${host}`] })),
});

describeKernel('startAgent', () => {
  let cgroup: Cgroup;
  let folder: BpffsFolder;
  let agent: Agent | undefined;
  let events: AgentEvent[];
  const pins = () => join(folder.path, 'pins');
  const source = () => objectSource('calls');
  const start = async (of: AgentOptions['source'], rest: Partial<AgentOptions> = {}) => {
    events = [];
    agent = await startAgent({
      nodeName: 'node-a',
      source: of,
      health: { bind: [] },
      onEvent: (event) => events.push(event),
      ...rest,
      loadBalancer: {
        cgroup: cgroup.path,
        pins: pins(),
        nodeAddresses: ['192.0.2.1'],
        driftSeconds: false,
        ...rest.loadBalancer,
      },
    });
    return agent.loadBalancer;
  };
  const of = <E extends AgentEvent['event']>(kind: E) =>
    events.filter((event): event is Extract<AgentEvent, { event: E }> => event.event === kind);
  const messages = (kind: 'problem' | 'solved') => of(kind).map(({ message }) => message);
  const until = (test: () => boolean) => expect.poll(test).toBe(true);

  beforeEach(() => {
    cgroup = createCgroup('cli-agent');
    folder = createBpffsFolder('cli-agent');
  });
  afterEach(async () => {
    await agent?.close();
    agent?.loadBalancer[Symbol.dispose]();
    agent = undefined;
    folder.close();
    cgroup.close();
  });

  it('writes nothing before the source has told all; then what changed, and only that', async () => {
    const objects = source();
    objects.upsert(...[1, 2, 3].flatMap((n) => [service(n), slice(n, [10, 11])]));
    const lb = await start(objects);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(of('applied')).toEqual([]);
    objects.synced();
    await until(() => of('applied').length === 1);
    expect(of('applied')[0]).toMatchObject({ frontends: 3, failed: 0, refused: 0 });
    objects.upsert(slice(2, [10, 11, 12]));
    await until(() => of('applied').length === 2);
    // A backend, a slot, and the master that counts it.
    expect(of('applied')[1]?.writes).toBe(3);
    objects.delete('Service', 'shop', 'web3');
    await until(() => of('applied').length === 3);
    expect(
      lb
        .status()
        .frontends.map(({ service: name }) => name)
        .sort(),
    ).toEqual(['shop/web1', 'shop/web2']);
  });

  it('tells a problem when it comes, when it is gone, and when it comes back', async () => {
    const objects = source();
    objects.upsert(service(1, { ports: [{ name: 'http', port: 99_999, protocol: 'TCP' }] }));
    objects.synced();
    await start(objects);
    await until(() => messages('problem').length === 1);
    const [problem] = messages('problem');
    objects.upsert(service(1));
    await until(() => messages('solved').length === 1);
    expect(messages('solved')).toEqual([problem]);
    objects.upsert(service(1, { ports: [{ name: 'http', port: 99_999, protocol: 'TCP' }] }));
    await until(() => messages('problem').length === 2);
    expect(messages('problem')).toEqual([problem, problem]);
  });

  it('tells why a frontend is not in force: refused for want of room, until there is some', async () => {
    const objects = source();
    objects.upsert(service(1), slice(1, [10, 11]), service(2), slice(2, [20, 21, 22]));
    objects.synced();
    const lb = await start(objects, { loadBalancer: { maxEntries: { lb4_backends_v3: 4 } } });
    await until(() => of('applied').length === 1);
    const state = () => lb.status().frontends.find(({ service: name }) => name === 'shop/web2');
    expect(messages('problem')).toEqual([
      expect.stringMatching(
        /lb4_backends_v3 is full \(4 entries, 5 entries are needed\).*maxEntries.lb4_backends_v3/,
      ),
    ]);
    expect(of('problem')[0]?.code).toBe('LBX_MAP_FULL');
    expect(state()).toMatchObject({
      programmed: false,
      error: expect.stringContaining('lb4_backends_v3 is full'),
    });
    expect(lb.dump().join()).not.toContain('192.0.2.2');
    objects.upsert(slice(1, [10]));
    await until(() => messages('solved').length === 1);
    expect(state()).toMatchObject({ programmed: true, backends: 3 });
  });

  it('tells of writes that fail, and when they could be done after all, by themselves', async () => {
    const objects = source();
    objects.upsert(service(1), slice(1, [10]));
    objects.synced();
    const lb = await start(objects, { loadBalancer: { maxEntries: { lb4_backends_v3: 4 } } });
    await until(() => of('applied').length === 1);
    using map = BpfMap.openPinned(join(pins(), 'lb4_backends_v3'));
    const strange = [7001, 7002, 7003].map((id) => new Uint8Array(Uint32Array.of(id).buffer));
    for (const key of strange) map.set(key, new Uint8Array(map.valueBytes));
    objects.upsert(slice(1, [11, 12]));
    await until(() => messages('problem').length === 1);
    expect(messages('problem')[0]).toContain('lb4_backends_v3 is full');
    // The backend that it had serves on.
    expect(lb.dump().join('\n')).toContain('192.0.2.10');
    for (const key of strange) map.delete(key);
    await until(() => messages('solved').length === 1);
    expect(lb.status().frontends).toMatchObject([{ programmed: true, backends: 2 }]);
    expect(lb.reconcile).toMatchObject({ pending: 0, failing: [] });
  });

  it('goes on after a mistake of its own, with everything worked out anew', async () => {
    const objects = source();
    objects.upsert(service(1), slice(1, [10]));
    objects.synced();
    let broken = false;
    const lb = await start(objects, {
      createTranslator(options) {
        const translator = createTranslator(options);
        return {
          ...translator,
          translateChanges() {
            const changes = translator.translateChanges();
            if (broken) throw new Error('a mistake');
            return changes;
          },
        };
      },
    });
    await until(() => of('applied').length === 1);
    broken = true;
    objects.upsert(slice(1, [11]));
    await until(() => messages('problem').includes('a mistake'));
    await until(() => of('applied').length === 2);
    expect(lb.dump().join('\n')).toContain('192.0.2.11');
    expect(lb.dump().join('\n')).not.toContain('192.0.2.10');
  });

  it('measures how long changes of endpoints take', async () => {
    const objects = source();
    objects.upsert(service(1), slice(1, [10]));
    objects.synced();
    const lb = await start(objects);
    await until(() => of('applied').length === 1);
    const triggered = new Date(Date.now() + 1).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    objects.upsert(slice(1, [11], { 'endpoints.kubernetes.io/last-change-trigger-time': triggered }));
    await until(() => of('applied').length === 2);
    const { fromTrigger, fromEvent } = lb.reconcile.latency;
    expect([fromTrigger.count, fromEvent.count]).toEqual([1, 1]);
    expect(fromTrigger.sum).toBeGreaterThan(0.01);
    expect(fromEvent.sum).toBeLessThan(fromTrigger.sum);
  });

  it('closes twice, and the next one takes over', async () => {
    const objects = source();
    objects.upsert(service(1), slice(1, [10]));
    objects.synced();
    await start(objects);
    await until(() => of('applied').length === 1);
    await Promise.all([agent?.close(), agent?.close()]);
    const again = source();
    again.upsert(service(1), slice(1, [10]));
    again.synced();
    await start(again);
    await until(() => of('applied').length === 1);
    expect(of('applied')[0]?.writes).toBe(0);
    expect(of('loaded')[0]?.takenOver).toBeGreaterThan(0);
  });

  it('started while an object is bad, leaves what may be its as it was, and says so until it is repaired', async () => {
    const objects = source();
    objects.upsert(...[1, 2, 3].flatMap((n) => [service(n), slice(n, [10 * n])]));
    objects.synced();
    await start(objects);
    await until(() => of('applied').length === 1);
    const entries = agent?.loadBalancer.dump().filter((line) => line.includes('198.51.100.1:'));
    await agent?.close();

    const again = source();
    again.upsert(service(1, { ports: '80' }), slice(1, [10]), service(2), slice(2, [21]));
    again.synced();
    const lb = await start(again);
    await until(() => of('applied').length === 1);
    const kept = 'LBX_KEPT_UNREAD';
    expect(of('problem').find(({ code }) => code === kept)?.message).toMatch(
      /^2 frontends .*Service shop\/web1 cannot be read/,
    );
    expect(lb.dump()).toEqual(expect.arrayContaining(entries!));
    expect(lb.dump().join()).toContain('192.0.2.21');
    expect(lb.dump().join()).toContain('198.51.100.3:80');
    again.upsert(service(1));
    await until(() => of('solved').some(({ code }) => code === kept));
    expect(lb.dump()).toEqual(expect.arrayContaining(entries!));
    expect(lb.dump().join()).not.toContain('198.51.100.3:80');
  });

  it('serves services of lbx in a folder of manifests, and follows them', async () => {
    const manifests = mkdtempSync(join(tmpdir(), 'lbx-agent-'));
    const put = (backend: string) =>
      writeFileSync(
        join(manifests, 'web.yaml'),
        `{ apiVersion: lbx/v1, kind: Service, name: web, frontends: ['198.51.100.1:80/TCP'], backends: ['${backend}'] }`,
      );
    try {
      put('192.0.2.10:80');
      const settings = {
        manifests,
        kubeconfig: undefined,
        inCluster: false,
        apiServer: undefined,
        hostPorts: false,
      };
      const lb = await start(agentSource(settings, 'node-a'));
      const isServed = (backend: string) =>
        until(() =>
          lb
            .dump()
            .filter((line) => line.includes('backends_v3'))
            .join()
            .includes(backend),
        );
      await isServed('192.0.2.10:80');
      put('192.0.2.11:80');
      await isServed('192.0.2.11:80');
      expect(lb.status().frontends).toMatchObject([{ service: 'web', backends: 1, programmed: true }]);
    } finally {
      rmSync(manifests, { recursive: true });
    }
  });
});

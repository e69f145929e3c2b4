import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { clusterSource } from '@lbx/k8s-sync';
import {
  type ApiServer,
  createBpffsFolder,
  createCgroup,
  createNetns,
  describeKernel,
  describeKubectl,
  execCommand,
  findClusterPrograms,
  freePorts,
  type KubeObject,
  startApiServer,
} from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { inClusterAccess } from '../../src/agent/in-cluster.ts';
import { socketsOnly, startAgentProcess } from '../agent-process.ts';
import { run } from '../run.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { inPod } from './in-pod.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const root = path('../../../..').replace(/\/$/, '');
const kustomize = `${root}/deploy/kustomize`;
const account = 'lbx-agent';
const user = `system:serviceaccount:kube-system:${account}`;

interface Right {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
}
interface Role extends KubeObject {
  readonly rules: { readonly apiGroups: string[]; readonly resources: string[]; readonly verbs: string[] }[];
}
const roleName: KubeObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: account },
};

/** What of kube-proxy's DaemonSet the guide is about. */
const kubeProxyOfKubeadm: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'kube-proxy' },
  spec: {
    selector: { matchLabels: { 'k8s-app': 'kube-proxy' } },
    template: {
      metadata: { labels: { 'k8s-app': 'kube-proxy' } },
      spec: { containers: [{ name: 'kube-proxy', image: 'kube-proxy' }] },
    },
  },
};

describeKubectl('deploy/kustomize in a cluster with RBAC', () => {
  const stack = new DisposableStack();
  let server: ApiServer;
  let role: Role;
  let folder: string;
  const inSystem = (...args: string[]) => server.kubectl([...args, '-n', 'kube-system']);
  beforeAll(async () => {
    folder = stack.use(temporaryFolder()).path;
    server = stack.use(await startApiServer({ authorization: 'RBAC' }));
    server.kubectl(['apply', '-k', kustomize, '--server-side', '--validate=strict']);
    role = JSON.parse(server.kubectl(['get', 'clusterrole', account, '-o', 'json']));
  });
  afterAll(() => stack.dispose());

  const rights = (): Right[] =>
    role.rules.flatMap(({ apiGroups, resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => ({ group: apiGroups.join(), resource, verb }))),
    );
  const without = ({ group, resource, verb }: Right) =>
    rights()
      .filter((right) => right.group !== group || right.resource !== resource || right.verb !== verb)
      .map((right) => ({ apiGroups: [right.group], resources: [right.resource], verbs: [right.verb] }));
  /** Changes the role, and waits until the server goes by it. */
  const grant = async (rules: Role['rules'], right: Right, wanted: boolean) => {
    await server.patch(roleName, { rules });
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes: right },
    };
    const allowed = async () => {
      const answer = await server.request(
        'POST',
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        review,
      );
      return (answer as { status: { allowed: boolean } }).status.allowed;
    };
    await expect.poll(allowed).toBe(wanted);
  };
  const denied = ({ resource, verb }: Right) => `cannot ${verb} resource "${resource}"`;

  it('the account may read what its role names, and nothing else', () => {
    const [, ...lines] = server
      .kubectl(['auth', 'can-i', '--list', `--as=${user}`, '--as-group=system:authenticated'])
      .trim()
      .split('\n');
    // "services  []  []  [list watch]"; paths without a resource, and questions about oneself, are everybody's.
    const allowed = lines.map((line) => /^(\S+) .*\[(.*)\]$/.exec(line)?.slice(1).join(': ') ?? '');
    expect(allowed.filter((text) => text !== '' && !text.startsWith('self')).sort()).toEqual([
      'endpointslices.discovery.k8s.io: list watch',
      'nodes: list watch',
      'services: list watch',
    ]);
  });

  it('a pod of the DaemonSet is one that the server takes', () => {
    const daemonSet = JSON.parse(inSystem('get', 'daemonset', account, '-o', 'json'));
    const { template } = daemonSet.spec;
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one' }, spec: template.spec };
    const flags = [
      'create',
      '--dry-run=server',
      '--validate=strict',
      '-o',
      'json',
      '-n',
      'kube-system',
      '-f',
      '-',
    ];
    const made = JSON.parse(server.kubectl(flags, JSON.stringify(pod)));
    expect(made.spec).toMatchObject({ priority: 2_000_001_000, serviceAccountName: account });
  });

  it('so is one with all components', () => {
    const kustomization = {
      resources: [relative(folder, kustomize)],
      components: ['node-by-node', 'udp-in-pods'].map((name) => relative(folder, `${kustomize}/${name}`)),
    };
    writeFileSync(`${folder}/kustomization.yaml`, stringify(kustomization));
    const flags = ['--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict'];
    const list = server.kubectl(['apply', '-k', folder, ...flags, '-o', 'json']);
    const { items } = JSON.parse(list);
    const { spec } = items.find(({ kind }: KubeObject) => kind === 'DaemonSet').spec.template;
    expect(spec).toMatchObject({ hostPID: true, nodeSelector: { lbx: 'on' } });
    expect(spec.containers[0].securityContext.capabilities.add).toEqual(
      expect.arrayContaining(['BPF', 'NET_ADMIN', 'PERFMON', 'SYS_ADMIN', 'SYS_PTRACE']),
    );
  });

  it('the commands of docs/replace-kube-proxy.md are understood, those apart that need a kubelet', async () => {
    await server.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } });
    const kubeProxy = ['create', '--validate=strict', '-n', 'kube-system', '-f', '-'];
    server.kubectl(kubeProxy, JSON.stringify(kubeProxyOfKubeadm));
    server.kubectl(
      kubeProxy,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'kube-proxy' },
        data: { 'kubeconfig.conf': 'clusters:\n- cluster:\n    server: https://192.0.2.10:6443\n' },
      }),
    );
    const guide = readFileSync(`${root}/docs/replace-kube-proxy.md`, 'utf8');
    const commands = [...guide.matchAll(/^```sh\n(.*?)^```/gms)]
      .flatMap(([, block = '']) => block.trim().split('\n'))
      .filter((line) => !/ (rollout|exec|logs|debug|(apply|delete) -k deploy.kustomize$)/.test(line));
    expect(commands.length).toBeGreaterThan(8);
    const bin = dirname(findClusterPrograms()?.kubectl ?? '');
    const env = { ...process.env, KUBECONFIG: server.kubeconfig, PATH: `${bin}:${process.env.PATH}` };
    const said = commands.map((line) =>
      execCommand('sh', ['-ec', line.replaceAll('NODE', 'node-a')], { env, cwd: root }),
    );
    expect(said[0]).toContain('https://192.0.2.10:6443');
    expect(said).toContainEqual(expect.stringContaining('daemonset.apps/kube-proxy patched\n'));
    expect(said).toContainEqual(expect.stringContaining('daemonset.apps/lbx-cleanup created'));
    const { metadata } = await server.read<KubeObject>({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-a' },
    });
    expect(Object.keys(metadata.labels ?? {})).toEqual([]);
  });

  it('each right is needed: without it the source says which is missing', async () => {
    const { env, secrets } = inPod(server, account, folder);
    for (const right of rights()) {
      await grant(without(right), right, false);
      const source = clusterSource({
        ...inClusterAccess(undefined, env, secrets),
        nodeName: 'node-a',
        // Servers that cannot stream lists are asked to list.
        streamingLists: false,
      });
      const problems = new Set<string>();
      try {
        await source.start((event) => {
          if (event.type === 'problem') problems.add(event.error.message);
        });
        await expect.poll(() => [...problems]).toEqual([expect.stringContaining(denied(right))]);
      } finally {
        await source.close();
      }
    }
    const [right] = rights() as [Right];
    await grant(role.rules, right, true);
  });

  describeKernel('and the agent in a pod', () => {
    it('names the right that it lacks, and serves when it has it', async () => {
      using netns = createNetns('deploy');
      using cgroup = createCgroup('deploy');
      using bpffs = createBpffsFolder('deploy');
      const pins = `${bpffs.path}/pins`;
      netns.addAddress('lo', '192.0.2.50/32');
      netns.addRoute('198.51.100.0/24', { device: 'lo' });
      const servers = netns.spawn(process.execPath, [path('./http-servers.ts'), '192.0.2.50'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(servers.stdout!, 'data');
      const client = cgroup.in(netns).spawn(process.execPath, [path('./http-client.ts')], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const answers = createInterface(client.stdout!)[Symbol.asyncIterator]();
      const { spec } = await server.create({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { ports: [{ name: 'http', port: 80 }] },
      });
      const ask = async (patienceMs: number) => {
        const { clusterIP } = spec as unknown as { clusterIP: string };
        client.stdin?.write(`http://${clusterIP}/ ${patienceMs}\n`);
        return (await answers.next()).value as string;
      };
      await server.create({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 8080 }],
        endpoints: [{ addresses: ['192.0.2.50'], conditions: { ready: true } }],
      });

      // What the pods get as /etc/lbx/agent.yaml, but for the device and the cgroup of a node.
      const [map] = JSON.parse(inSystem('get', 'configmap', '-o', 'json')).items.filter(
        ({ metadata }: KubeObject) => metadata.name.startsWith(account),
      );
      const { device: _, ...config } = parse(map.data['agent.yaml']);
      const file = `${folder}/agent.yaml`;
      writeFileSync(file, stringify(config));
      const right = { group: '', resource: 'services', verb: 'watch' };
      await grant(without(right), right, false);
      const { env, within } = inPod(server, account, folder);
      const [port] = await freePorts(1);
      const healthz = `127.0.0.1:${port}`;
      const status = async (path: string) => (await fetch(`http://${healthz}${path}`)).status;
      const flags = [...socketsOnly({ cgroup: cgroup.path, pins, healthz }), '--config', file];
      const agent = startAgentProcess(flags, { env, within });
      try {
        const problem = () => agent.events.find(({ event }) => event === 'problem');
        await expect.poll(problem).toMatchObject({
          code: 'LBX_API_SERVER',
          message: expect.stringContaining(denied(right)),
        });
        expect(agent.events.some(({ event }) => event === 'applied')).toBe(false);
        expect([await status('/livez'), await status('/readyz')]).toEqual([200, 503]);
        await grant(role.rules, right, true);
        await expect.poll(() => ask(2000)).toBe('192.0.2.50');
        await expect.poll(() => status('/readyz')).toBe(200);
        expect(await status('/livez')).toBe(200);
      } finally {
        await agent.end('SIGTERM');
        expect(await ask(60_000)).toBe('192.0.2.50');
        await run(['cleanup', '--pins', pins]);
      }
    });
  });
});

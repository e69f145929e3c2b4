import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { followedKinds } from '../../k8s-sync/src/sources/cluster/followed-kind.ts';
import { readConfigFile } from '../src/agent/options/config-file.ts';
import { bindPlaces } from '../src/agent/options/option-types/network.ts';
import { readSettings, valuesOf } from '../src/agent/options/settings.ts';

const text = (file: string) =>
  readFileSync(new URL(`../../../deploy/kustomize/${file}`, import.meta.url), 'utf8');
// biome-ignore lint/suspicious/noExplicitAny: manifests of all kinds
type Manifest = any;
const manifests = (file: string): Manifest[] =>
  parseAllDocuments(text(file)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
const [account, role, binding] = manifests('rbac.yaml');
const [daemonSet] = manifests('daemonset.yaml');
const pod = daemonSet.spec.template.spec;
const [container] = pod.containers;

it('the configuration is one that the agent takes', () => {
  const file = readConfigFile(text('agent.yaml'), 'agent.yaml');
  const { inCluster, cgroup } = valuesOf(readSettings({ flags: {}, environment: {}, file }));
  expect(inCluster).toBe(true);
  expect(container.volumeMounts.map(({ mountPath }: Manifest) => mountPath)).toContain(cgroup);
});

it('rights are those that the agent asks for, and no more', () => {
  const granted = role.rules.flatMap(({ apiGroups, resources, verbs }: Manifest) => {
    expect(verbs).toEqual(['list', 'watch']);
    return resources.map((resource: string) => `${apiGroups.join()}/${resource}`);
  });
  const asked = followedKinds('node-a', false).map(({ path }) =>
    path.replace(/^\/api\/v1/, '').replace(/^\/apis\/([^/]+)\/v1/, '$1'),
  );
  expect(granted.sort()).toEqual(asked.sort());
  expect(binding.roleRef.name).toBe(role.metadata.name);
  expect(binding.subjects).toMatchObject([{ name: account.metadata.name }]);
  expect(pod.serviceAccountName).toBe(account.metadata.name);
});

it('the container has no more than the capabilities that are explained', () => {
  expect(container.securityContext.capabilities.drop).toEqual(['ALL']);
  expect(container.securityContext.privileged).toBeUndefined();
  const explained = readFileSync(new URL('../../../deploy/README.md', import.meta.url), 'utf8');
  for (const name of container.securityContext.capabilities.add)
    expect(explained).toContain(`| \`${name}\` |`);
});

it('the kubelet asks where the agent answers, on a port that kube-proxy leaves alone', () => {
  const file = readConfigFile(text('agent.yaml'), 'agent.yaml');
  const { healthzBindAddress } = valuesOf(readSettings({ flags: {}, environment: {}, file }));
  for (const probe of [container.readinessProbe, container.livenessProbe]) {
    const { host, port } = probe.httpGet;
    expect(port).not.toBe(10_256);
    expect(bindPlaces(healthzBindAddress)).toContainEqual({ address: host, port });
  }
});

it('what cleans up has the same rights, and sees the same pins', () => {
  const { spec } = manifests('cleanup/daemonset.yaml')[0].spec.template;
  const [cleanup] = spec.initContainers;
  expect(cleanup.securityContext).toEqual(container.securityContext);
  expect(container.volumeMounts).toEqual(expect.arrayContaining(cleanup.volumeMounts));
  expect(pod.volumes).toEqual(expect.arrayContaining(spec.volumes));
});

it('every volume that is mounted is there, and every manifest is in the kustomization', () => {
  const names = (list: Manifest[]) => list.map(({ name }) => name).sort();
  expect(names(container.volumeMounts)).toEqual(names(pod.volumes));
  const [kustomization] = manifests('kustomization.yaml');
  expect(kustomization.resources).toEqual(['rbac.yaml', 'daemonset.yaml']);
  expect(kustomization.configMapGenerator).toMatchObject([{ name: 'lbx-agent', files: ['agent.yaml'] }]);
});

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** The part of Kubernetes' type that has to do with rights. */
export interface SecurityContext {
  readonly runAsUser: number;
  readonly runAsGroup: number;
  readonly allowPrivilegeEscalation: boolean;
  readonly capabilities: { readonly drop: string[]; readonly add: string[] };
}

const read = (name: string) =>
  parse(readFileSync(new URL(`../../../deploy/kustomize/${name}`, import.meta.url), 'utf8'));

/** What the DaemonSet gives its container. */
export const given: SecurityContext = read('daemonset.yaml').spec.template.spec.containers[0].securityContext;

/** The same with a component of kustomize, as far as that is about rights. */
export function withComponent(name: string): SecurityContext {
  const patches = read(`${name}/kustomization.yaml`).patches.flatMap(({ patch }: { patch: string }) =>
    parse(patch),
  ) as { path: string; value: unknown }[];
  const of = (field: string) =>
    patches.filter(({ path }) => path.endsWith(`/securityContext/${field}`)).map(({ value }) => value);
  return {
    ...given,
    allowPrivilegeEscalation: of('allowPrivilegeEscalation').includes(true),
    capabilities: {
      ...given.capabilities,
      add: [...given.capabilities.add, ...(of('capabilities/add/-') as string[])],
    },
  };
}

/** What a container runtime does by a securityContext, as a command that runs the one that follows it. */
export function confined({
  runAsUser,
  runAsGroup,
  allowPrivilegeEscalation,
  capabilities,
}: SecurityContext): string[] {
  const sets = ['-all', ...capabilities.add.map((name) => `+${name.toLowerCase()}`)].join(',');
  return [
    ...['setpriv', `--reuid=${runAsUser}`, `--regid=${runAsGroup}`, '--clear-groups'],
    ...[`--inh-caps=${sets}`, `--bounding-set=${sets}`],
    // Root gets what the bounding set leaves; another user has to be given it. Kubernetes knows no such thing yet.
    ...(runAsUser === 0 ? [] : [`--ambient-caps=${sets}`]),
    ...(allowPrivilegeEscalation ? [] : ['--no-new-privs']),
    '--',
  ];
}

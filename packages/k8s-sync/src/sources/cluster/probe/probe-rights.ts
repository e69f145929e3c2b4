import { followedKinds } from '../followed-kind.ts';
import type { ApiAsker } from './api-asker.ts';
import type { ClusterRight } from './cluster-probe.ts';

type Wanted = Omit<ClusterRight, 'allowed' | 'reason'>;

/** Everything that a source lists and watches. Of Nodes only the own one: RBAC can allow a single name. */
export function wantedRights(nodeName: string, pods: boolean): Wanted[] {
  return followedKinds(nodeName, pods).flatMap(({ kind, path }) => {
    const parts = path.split('/');
    const group = parts[1] === 'apis' ? (parts[2] ?? '') : '';
    const resource = parts.at(-1) ?? '';
    const name = kind === 'Node' ? { name: nodeName } : {};
    return (['list', 'watch'] as const).map((verb) => ({ verb, group, resource, ...name }));
  });
}

/** Asks the server for each of them, by SelfSubjectAccessReview. */
export const probeRights = (asker: ApiAsker, nodeName: string, pods: boolean): Promise<ClusterRight[]> =>
  Promise.all(wantedRights(nodeName, pods).map((right) => mayI(asker, right)));

async function mayI(asker: ApiAsker, right: Wanted): Promise<ClusterRight> {
  const answer = await asker.review('authorization.k8s.io', 'SelfSubjectAccessReview', {
    resourceAttributes: { ...right, version: 'v1' },
  });
  if (!answer.ok) return { ...right, allowed: undefined, reason: answer.error.message };
  const { allowed, reason } = (answer.body.status ?? {}) as { allowed?: unknown; reason?: unknown };
  return {
    ...right,
    allowed: typeof allowed === 'boolean' ? allowed : undefined,
    ...(typeof reason === 'string' && reason !== '' ? { reason } : {}),
  };
}

import type { ClusterProbe, ClusterRight } from '@lbx/k8s-sync';
import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';
import { clusterFacts, noCluster, unanswered } from './cluster-facts.ts';

export const apiRightsCheck = defineCheck<ClusterProbe>({
  id: 'api-rights',
  group: 'Kubernetes',
  tries:
    'asks the API server for each right to list and watch that the agent needs (SelfSubjectAccessReview): services, endpointslices, its Node, and with --host-ports pods',
  matters: 'what may not be listed or watched is not followed; nothing is written before all of it is there',
  remedy: 'give the account the ClusterRole of deploy/kustomize/rbac.yaml',
  needsRoot: false,
  skips: noCluster,
  probe: clusterFacts,
  judge(probe) {
    const none = unanswered(probe);
    if (none !== undefined) return none;
    const { rights, user = 'the account' } = probe;
    const byResource = [...Map.groupBy(rights, ({ resource }) => resource)];
    const verdicts = byResource.flatMap(([about, some]): Verdict[] => {
      const verdict = judgeResource(user, some);
      return verdict === undefined ? [] : [{ about, ...verdict }];
    });
    if (verdicts.length > 0) return verdicts;
    const what = byResource.map(([resource, [first]]) => resource + (first?.name ? ` (${first.name})` : ''));
    return [{ status: 'ok', found: `${user} may list and watch ${what.join(', ')}` }];
  },
});

/** undefined: all is allowed. */
function judgeResource(user: string, rights: readonly ClusterRight[]): Omit<Verdict, 'about'> | undefined {
  const verbsOf = (some: readonly ClusterRight[]) => some.map(({ verb }) => verb).join(' nor ');
  const denied = rights.filter(({ allowed }) => allowed === false);
  const unknown = rights.filter(({ allowed }) => allowed === undefined);
  const { group = '', resource = '' } = rights[0] ?? {};
  if (denied.length > 0) {
    const rule = `{apiGroups: ["${group}"], resources: [${resource}], verbs: [list, watch]}`;
    return {
      status: 'fail',
      found: `${user} may not ${verbsOf(denied)} ${resource}${group === '' ? '' : `.${group}`}`,
      remedy: `a rule for its ClusterRole: ${rule}`,
    };
  }
  if (unknown.length === 0) return undefined;
  return {
    status: 'warn',
    found: `the API server does not say whether we may: ${unknown[0]?.reason ?? 'no reason'}`,
    remedy: `kubectl auth can-i list ${resource}${group === '' ? '' : `.${group}`}`,
  };
}

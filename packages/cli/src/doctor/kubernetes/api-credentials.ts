import type { ClusterProbe } from '@lbx/k8s-sync';
import { defineCheck } from '../check.ts';
import { clusterFacts, noCluster, unanswered } from './cluster-facts.ts';

const renew =
  'is the token or certificate expired, or of another cluster? kubectl auth whoami --kubeconfig FILE; kubectl create token makes one';

export const apiCredentialsCheck = defineCheck<ClusterProbe>({
  id: 'api-credentials',
  group: 'Kubernetes',
  tries: 'asks the API server as whom it takes us (SelfSubjectReview)',
  matters: 'every request is refused',
  remedy: renew,
  needsRoot: false,
  skips: noCluster,
  probe: clusterFacts,
  judge(probe) {
    const { failure, user } = probe;
    if (failure?.step === 'credentials') return [{ status: 'fail', found: failure.message, remedy: renew }];
    const none = unanswered(probe);
    if (none !== undefined) return none;
    if (user === 'system:anonymous')
      return [
        {
          status: 'fail',
          found: 'the API server takes us for nobody (system:anonymous): no credentials were sent',
          remedy: 'give the user of the kubeconfig a token, a certificate or a plugin',
        },
      ];
    return [
      {
        status: 'ok',
        found:
          user === undefined
            ? 'they are accepted (the server does not tell as whom: before 1.28)'
            : `accepted as ${user}`,
      },
    ];
  },
});

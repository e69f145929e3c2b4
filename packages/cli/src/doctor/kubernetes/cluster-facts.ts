import type { ClusterProbe } from '@lbx/k8s-sync';
import type { DoctorContext } from '../doctor-context.ts';
import type { Verdict } from '../finding.ts';

/** Why no API server is asked. */
export const noCluster = ({ cluster }: DoctorContext): string | undefined =>
  cluster === undefined
    ? 'not asked, since no API server is named: --kubeconfig FILE or --in-cluster'
    : undefined;

/** What it answered. */
export const clusterFacts = ({ cluster }: DoctorContext): Promise<ClusterProbe> =>
  cluster ?? Promise.reject(new Error('no API server was named'));

/** For questions that nobody answered. */
export const unanswered = ({ failure }: ClusterProbe): readonly Verdict[] | undefined => {
  if (failure === undefined) return undefined;
  const where = failure.step === 'credentials' ? 'api-credentials' : 'api-server';
  return [{ status: 'skipped', found: `no answer: see ${where}` }];
};

import type { ClusterProbe } from '@lbx/k8s-sync';
import { defineCheck } from '../check.ts';
import { clusterFacts, noCluster, unanswered } from './cluster-facts.ts';

/** Tokens and certificates are made out for minutes and more; what is made now has to be valid now. */
const warnMs = 30_000;
const noteMs = 2000;

export const clockCheck = defineCheck<ClusterProbe>({
  id: 'clock',
  group: 'Kubernetes',
  tries: "compares the API server's clock (the Date of its answer) with that of this machine",
  matters: 'new tokens and certificates are not valid yet, or old ones not any more; logs cannot be compared',
  remedy: 'let both follow a time server: timedatectl set-ntp true, chronyc tracking',
  needsRoot: false,
  skips: noCluster,
  probe: clusterFacts,
  judge(probe) {
    const { aheadMs } = probe;
    if (aheadMs === undefined)
      return unanswered(probe) ?? [{ status: 'skipped', found: 'the API server does not tell its time' }];
    const apart = Math.abs(aheadMs);
    const found = `this machine is at least ${duration(apart)} ${aheadMs > 0 ? 'behind' : 'ahead of'} the API server`;
    if (apart < noteMs) return [{ status: 'ok', found: 'that of the API server, to about a second' }];
    if (apart < warnMs) return [{ status: 'note', found }];
    return [
      {
        status: 'warn',
        found,
        remedy: 'timedatectl set-ntp true (here or there), then timedatectl or chronyc tracking',
      },
    ];
  },
});

const duration = (ms: number) => {
  const seconds = Math.round(ms / 1000);
  return seconds < 120
    ? `${seconds} s`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3600)} h`;
};

import { findClusterPrograms } from './cluster/cluster-programs.ts';
import { createGate } from './gate.ts';

const gate = createGate({
  name: 'cluster',
  problem: () =>
    findClusterPrograms() === undefined
      ? 'kube-apiserver and etcd are not there: `sh scripts/cluster/build.sh` builds them once (minutes; needs Go), or set LBX_KUBE_BIN to a folder that holds them'
      : undefined,
});

/** vitest's `describe` for tests that start a real API server; see {@link createGate} for what happens elsewhere. */
export const describeCluster = gate.describe;

/** vitest's `test` for a single test that starts a real API server. */
export const testCluster = gate.test;

/** vitest's `describe` for tests that need kubectl beside the API server. */
export const describeKubectl = createGate({
  name: 'cluster',
  problem: () =>
    findClusterPrograms()?.kubectl === undefined
      ? 'kubectl is not there: `sh scripts/cluster/build.sh` builds it (20 s), or set LBX_KUBE_BIN to a folder that holds it beside kube-apiserver and etcd'
      : undefined,
}).describe;

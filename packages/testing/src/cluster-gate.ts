import { existsSync } from 'node:fs';
import { createGate } from './gate.ts';

const SERVER_PROGRAMS = ['kube-apiserver', 'etcd'];

/** The folder (from `LBX_KUBE_BIN` or PATH) that holds kube-apiserver and etcd, or undefined. */
export function clusterProgramsFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folders = env.LBX_KUBE_BIN ? [env.LBX_KUBE_BIN] : (env.PATH ?? '').split(':').filter(Boolean);
  return folders.find((folder) => SERVER_PROGRAMS.every((name) => existsSync(`${folder}/${name}`)));
}

const gate = createGate({
  name: 'cluster',
  problem: () =>
    clusterProgramsFolder() === undefined
      ? `no folder in PATH holds ${SERVER_PROGRAMS.join(' and ')}: set LBX_KUBE_BIN to one that does`
      : undefined,
});

/** vitest's `describe` for tests that start a real API server; see {@link createGate} for what happens elsewhere. */
export const describeCluster = gate.describe;

/** vitest's `test` for a single test that starts a real API server. */
export const testCluster = gate.test;

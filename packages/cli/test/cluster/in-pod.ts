import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiServer } from '@lbx/testing';

/** What the kubelet gives a pod: the environment, and the service account's files at their usual place. */
export interface InPod {
  readonly env: Readonly<Record<string, string>>;
  /** Command line that runs the one that follows it among these files; no other process sees them. */
  readonly within: readonly string[];
  /** The folder itself, for callers that need no usual place. */
  readonly secrets: string;
}

/** As a pod of a service account sees the API server. Its token is a real one. */
export function inPod(server: ApiServer, account: string, folder: string): InPod {
  const secrets = join(folder, 'serviceaccount');
  mkdirSync(secrets, { recursive: true });
  writeFileSync(join(secrets, 'ca.crt'), server.ca);
  writeFileSync(
    join(secrets, 'token'),
    server.kubectl(['create', 'token', account, '-n', 'kube-system']).trim(),
  );
  const { hostname, port } = new URL(server.url);
  // /var/run is /run on every distribution; a file system of its own there needs no folder on the machine.
  const script = `
    mount -t tmpfs none /run
    mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
    mount --bind "$1" /var/run/secrets/kubernetes.io/serviceaccount
    shift
    exec "$@"`;
  return {
    env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
    within: ['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', script, 'sh', secrets],
    secrets,
  };
}

import { readFileSync } from 'node:fs';
import type { ClusterAccess } from '@lbx/k8s-sync';
import { CliError } from '../cli-error.ts';

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The API server of the cluster that this pod runs in. Token and certificate authority are read anew for each request: the kubelet changes them.
 * @param server - where it is, if not where the environment says. A service proxy must not need itself to reach it.
 * @throws CliError `LBX_NOT_IN_CLUSTER`
 */
export function inClusterAccess(
  server: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  secrets = folder,
): ClusterAccess {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = environment;
  const url = server ?? (host && `https://${host.includes(':') ? `[${host}]` : host}:${port}`);
  if (!url) throw outside('KUBERNETES_SERVICE_HOST is not set');
  const read = (name: string) => {
    try {
      return readFileSync(`${secrets}/${name}`, 'utf8');
    } catch (cause) {
      throw outside((cause as Error).message);
    }
  };
  for (const name of ['token', 'ca.crt']) read(name);
  return { server: url, token: () => read('token'), ca: () => read('ca.crt') };
}

const outside = (found: string) =>
  new CliError(
    'LBX_NOT_IN_CLUSTER',
    `--in-cluster takes the service account of a pod, but ${found}; outside of a pod say --kubeconfig FILE or --manifests DIR`,
  );

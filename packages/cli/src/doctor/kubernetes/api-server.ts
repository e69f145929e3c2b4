import type { ClusterProbe, ProbeStep } from '@lbx/k8s-sync';
import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';
import { clusterFacts, noCluster } from './cluster-facts.ts';

export interface ApiServerFacts extends ClusterProbe {
  /** --in-cluster */
  readonly inCluster: boolean;
  /** Its address is the one that a service proxy has to translate. */
  readonly byService: boolean;
}

const ownAddress =
  '--api-server https://ADDRESS:6443; kubectl get endpointslices -l kubernetes.io/service-name=kubernetes shows the address';

const remedies: Readonly<Record<Exclude<ProbeStep, 'credentials'>, (facts: ApiServerFacts) => string>> = {
  access: ({ inCluster }) =>
    inCluster
      ? 'run it in the pod of the agent, or name a kubeconfig: --kubeconfig FILE'
      : 'name a kubeconfig that can be read and has a current context: --kubeconfig FILE',
  network: ({ byService, server = 'URL' }) =>
    byService
      ? `a service address answers only while a service proxy runs: ${ownAddress}`
      : `is the address right, is the server up, and does a firewall let this node through? curl -k ${server}/version`,
  tls: ({ server = 'https://HOST' }) =>
    `the authority of the kubeconfig (certificate-authority-data) must be the one that signed the certificate, and the certificate must name the host: openssl s_client -showcerts -connect ${hostOf(server)}`,
  answer: ({ server = 'URL' }) => `what is it that answers there? curl -k ${server}/version`,
};

const hostOf = (server: string) => {
  const { hostname, port } = new URL(server);
  return `${hostname}:${port || 443}`;
};

export const apiServerCheck = defineCheck<ApiServerFacts>({
  id: 'api-server',
  group: 'Kubernetes',
  tries:
    'asks the API server of --kubeconfig or --in-cluster for its version: the way there, then its certificate',
  matters: 'services are not learnt, and what changes is not followed',
  remedy: 'the finding says how far it came; --api-server where a service address is the only one known',
  needsRoot: false,
  skips: noCluster,
  probe: async (context) => ({
    ...(await clusterFacts(context)),
    inCluster: context.options.inCluster,
    byService: context.options.inCluster && context.options.apiServer === undefined,
  }),
  judge(facts): Verdict[] {
    const { server = '', failure, version, byService } = facts;
    if (failure?.step === 'credentials') {
      return failure.status === undefined
        ? [{ status: 'skipped', found: 'not asked: there are no credentials, see api-credentials' }]
        : [{ status: 'ok', found: `${server} answers${trusted(server)}` }];
    }
    if (failure !== undefined) {
      const { step, message } = failure;
      const found = step === 'tls' ? `${server} can be reached, but is not trusted: ${message}` : message;
      return [{ status: 'fail', about: step, found, remedy: remedies[step](facts) }];
    }
    const verdicts: Verdict[] = [
      {
        status: 'ok',
        found: `${server} answers${version === undefined ? '' : ` (${version})`}${trusted(server)}`,
      },
    ];
    if (server.startsWith('http:'))
      verdicts.push({ status: 'note', about: 'tls', found: 'no TLS: fit for tests and kubectl proxy only' });
    if (byService)
      verdicts.push({
        status: 'warn',
        about: 'address',
        found: `${server} is a service address: after a reboot without kube-proxy nothing answers there until lbx runs, which waits for it`,
        remedy: ownAddress,
      });
    return verdicts;
  },
});

const trusted = (server: string) => (server.startsWith('https:') ? ', its certificate is trusted' : '');

import { optional, withDefault } from './agent-option.ts';
import { serverUrl } from './option-types/network.ts';
import { text, yesOrNo } from './option-types/scalars.ts';

const notEmpty = (value: string) => {
  if (value === '') throw new Error('say a name');
};

/** Whose services are served, and which node this is. */
export const sourceOptions = {
  node: optional(
    text('name', notEmpty, { minLength: 1 }),
    'must be given',
    'name of this node in Kubernetes',
    {
      variables: ['NODE_NAME'],
    },
  ),
  kubeconfig: optional(text('file'), 'none', 'follow the API server of this kubeconfig'),
  inCluster: withDefault(
    yesOrNo(),
    false,
    'follow the API server of the cluster that the agent runs in, as its service account',
  ),
  apiServer: optional(
    serverUrl(),
    'KUBERNETES_SERVICE_HOST and _PORT',
    'with inCluster: where the API server is; an address that needs no service proxy',
  ),
  manifests: optional(
    text('dir'),
    'none',
    'follow a folder of manifests, and of services of lbx (apiVersion: lbx/v1)',
  ),
  hostPorts: withDefault(
    yesOrNo(),
    false,
    "serve the host ports of this node's Pods too (from an API server; manifests may have Pods)",
  ),
};

import { type IpAddress, type IpFamily, readIpAddress, readIpPrefix } from '../objects/ip-address.ts';
import type { ServicePortState } from '../semantics/frontends.ts';
import type { Endpoint } from '../semantics/merge-endpoints.ts';
import { primaryAddress } from '../semantics/node-port-addresses.ts';
import { type FrontendKind, type Verdict, type VerdictOptions, verdictFor } from '../semantics/verdict.ts';
import type { Translator } from '../translate/translator.ts';
import type { FamilyResult, KubeProxyCase, KubeProxyResult } from './kube-proxy-case.ts';

/** The three sources whose connections the vectors judge. */
const sources = {
  IPv4: { client: '203.0.113.77', pod: '198.51.100.250' },
  IPv6: { client: '2001:db8:c::77', pod: '2001:db8:a::fa' },
} as const;

/** A translator's state in the vectors' form. */
export function kubeProxyResult(
  translator: Translator,
  config: KubeProxyCase['input']['config'],
): KubeProxyResult {
  const { ignored } = translator.translate();
  const ports = translator.servicePorts();
  const families: { IPv4?: FamilyResult; IPv6?: FamilyResult } = {};
  for (const family of ['IPv4', 'IPv6'] as const) {
    const ofFamily = ports.filter((state) => state.servicePort.family === family);
    if (ofFamily.length > 0) families[family] = familyResult(translator, config, family, ofFamily);
  }
  return { ...families, ...(ignored.length === 0 ? {} : { ignored }) };
}

function familyResult(
  translator: Translator,
  config: KubeProxyCase['input']['config'],
  family: IpFamily,
  ports: readonly ServicePortState[],
): FamilyResult {
  const serving = translator.nodePortAddresses(family);
  const checks = translator.healthChecks().filter((check) => check.family === family);
  const context = verdictContext(config, family);
  const nodePortIP = serving.addresses.find((address) => !address.startsWith('127.'));
  const hasNodeIP = context.options.nodeAddresses.some((address) => address.family === family);
  const sorted = [...ports].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  return {
    ...(ports.some((state) => state.servicePort.nodePort !== 0)
      ? {
          nodePortAddresses: serving.matchAll
            ? { matchAll: true as const }
            : serving.addresses.length === 0
              ? {}
              : { ips: serving.addresses },
        }
      : {}),
    servicePorts: sorted.map((state) => ({
      ...portResult(state),
      frontends: frontendResults(state, context, hasNodeIP ? nodePortIP : undefined),
    })),
    ...(checks.length === 0
      ? {}
      : {
          healthChecks: Object.fromEntries(
            checks.map((c) => [
              `${c.namespace}/${c.name}`,
              { port: c.port, localEndpoints: c.localEndpoints },
            ]),
          ),
        }),
  };
}

function sortKey({ servicePort: p }: ServicePortState): string {
  return [p.namespace, p.name, p.portName, p.protocol].join('\0');
}

/** False, 0, "" and empty lists are left out, except portName and port. */
function portResult(state: ServicePortState): Record<string, unknown> {
  const { servicePort: p, cluster, local, allReachable } = state;
  const implied = p.usesClusterEndpoints ? cluster : local;
  const all: Record<string, unknown> = {
    namespace: p.namespace,
    name: p.name,
    protocol: p.protocol,
    clusterIP: p.clusterIP,
    nodePort: p.nodePort,
    externalIPs: p.externalIPs,
    loadBalancerVIPs: p.loadBalancerVIPs,
    loadBalancerSourceRanges: p.sourceRanges.map((range) => range.text),
    sessionAffinity: p.affinitySeconds === undefined ? '' : 'ClientIP',
    stickyMaxAgeSeconds: p.affinitySeconds ?? 0,
    healthCheckNodePort: p.healthCheckNodePort,
    externalPolicyLocal: p.externalPolicyLocal,
    internalPolicyLocal: p.internalPolicyLocal,
    externallyAccessible: p.externallyAccessible,
    usesClusterEndpoints: p.usesClusterEndpoints,
    usesLocalEndpoints: p.usesLocalEndpoints,
    cluster: cluster.map((endpoint) => endpoint.text),
    local: local.map((endpoint) => endpoint.text),
    allReachable: sameTexts(allReachable, implied) ? [] : allReachable.map((endpoint) => endpoint.text),
    hasAnyEndpoints: state.hasAnyEndpoints,
  };
  const shown = Object.entries(all).filter(
    ([, v]) => v !== 0 && v !== '' && v !== false && !(Array.isArray(v) && v.length === 0),
  );
  return {
    ...Object.fromEntries(shown),
    portName: p.portName,
    port: p.port,
    ...(state.endpoints.length === 0
      ? {}
      : {
          endpoints: Object.fromEntries(
            state.endpoints.map((endpoint) => [endpoint.text, letters(endpoint)]),
          ),
        }),
  };
}

function letters(endpoint: Endpoint): string {
  return [
    endpoint.local ? 'l' : '',
    endpoint.ready ? 'r' : '',
    endpoint.serving ? 's' : '',
    endpoint.terminating ? 't' : '',
  ].join('');
}

function sameTexts(a: readonly Endpoint[], b: readonly Endpoint[]): boolean {
  return a.length === b.length && a.every((endpoint, i) => endpoint.text === b[i]!.text);
}

interface VerdictContext {
  readonly options: VerdictOptions;
  readonly client: IpAddress;
  readonly pod: IpAddress;
  readonly node: IpAddress;
}

function verdictContext(config: KubeProxyCase['input']['config'], family: IpFamily): VerdictContext {
  const nodeIPs = config.nodeIPs ?? [];
  const ranges = (config.clusterCIDRs ?? []).map(readIpPrefix);
  return {
    options: {
      nodeAddresses: nodeIPs.flatMap((text) => readIpAddress(text) ?? []),
      podRange: ranges.find((range) => range?.family === family),
      masqueradeAll: config.masqueradeAll ?? false,
    },
    client: { family, text: sources[family].client },
    pod: { family, text: sources[family].pod },
    node: { family, text: primaryAddress(family, nodeIPs) },
  };
}

function frontendResults(
  state: ServicePortState,
  context: VerdictContext,
  nodePortIP: string | undefined,
): Record<string, unknown>[] {
  const { servicePort: p } = state;
  const result = (kind: FrontendKind, ip: string, port: number): Record<string, unknown> => {
    const address: IpAddress = { family: p.family, text: ip };
    const verdict = (from: IpAddress, onNode: boolean): Verdict =>
      verdictFor(state, kind, address, { address: from, onNode }, context.options);
    const ranged = kind === 'loadBalancerVIP' && p.sourceRanges.length > 0;
    const more: [string, Verdict][] = p.sourceRanges.map((range) => {
      const from = range.text.slice(0, range.text.indexOf('/'));
      return [from, verdict({ family: p.family, text: from }, false)];
    });
    return {
      kind,
      ip,
      port,
      client: verdict(context.client, false),
      pod: verdict(context.pod, false),
      node: verdict(context.node, true),
      ...(ranged ? { sources: Object.fromEntries([...more, [ip, verdict(address, true)]]) } : {}),
    };
  };
  return [
    result('clusterIP', p.clusterIP, p.port),
    ...p.externalIPs.map((ip) => result('externalIP', ip, p.port)),
    ...p.loadBalancerVIPs.map((ip) => result('loadBalancerVIP', ip, p.port)),
    ...(p.nodePort === 0 || nodePortIP === undefined ? [] : [result('nodePort', nodePortIP, p.nodePort)]),
  ];
}

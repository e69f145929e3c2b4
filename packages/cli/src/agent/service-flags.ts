import { isIP } from 'node:net';
import type { HealthServersOptions, TranslatorOptions } from '@lbx/k8s-sync';
import { type Command, InvalidArgumentError } from 'commander';
import { parseEndpoint } from '../input/shared-options.ts';

/** What the flags below become. */
export interface ServiceFlags {
  readonly nodeportAddresses?: readonly string[];
  readonly loadBalancerClass?: readonly string[];
  readonly hostPorts?: boolean;
  readonly healthzBindAddress?: readonly string[];
}

/** Flags for what services mean on this node, named as kube-proxy's where it has them. */
export function addServiceFlags(command: Command): Command {
  return command
    .option(
      '--nodeport-addresses <cidr...>',
      "which addresses of the node serve NodePorts: prefixes, or 'primary' (default: all)",
      collect(parseNodePortAddress),
    )
    .option(
      '--load-balancer-class <name...>',
      "serve load balancer addresses of these classes only, '' for Services without one (default: all)",
    )
    .option(
      '--host-ports',
      "serve the host ports of this node's Pods too (from an API server; manifests may have Pods)",
    )
    .option(
      '--healthz-bind-address <address:port...>',
      "where /healthz and /livez are, or 'none' (default: 0.0.0.0:10256 and [::]:10256)",
      collect(parseBindAddress),
    );
}

/** The flags as options of the translator. */
export function translatorOptions({
  nodeportAddresses,
  loadBalancerClass,
}: ServiceFlags): Pick<TranslatorOptions, 'nodePortAddresses' | 'loadBalancerClasses'> {
  return {
    ...(nodeportAddresses === undefined ? {} : { nodePortAddresses: nodeportAddresses }),
    ...(loadBalancerClass === undefined ? {} : { loadBalancerClasses: loadBalancerClass }),
  };
}

/** The flags as options of the health servers. */
export function healthOptions({ healthzBindAddress }: ServiceFlags): Pick<HealthServersOptions, 'bind'> {
  if (healthzBindAddress === undefined) return {};
  return { bind: healthzBindAddress.flatMap((text) => (text === 'none' ? [] : [parseEndpoint(text)])) };
}

function collect(check: (text: string) => string) {
  return (text: string, before: readonly string[] | undefined): readonly string[] => [
    ...(before ?? []),
    check(text),
  ];
}

function parseBindAddress(text: string): string {
  if (text !== 'none') parseEndpoint(text);
  return text;
}

function parseNodePortAddress(text: string): string {
  const [address = '', length = '', ...rest] = text.split('/');
  const bits = isIP(address) === 4 ? 32 : 128;
  if (text === 'primary') return text;
  if (isIP(address) !== 0 && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= bits)
    return text;
  throw new InvalidArgumentError("say a prefix such as 192.0.2.0/24, or 'primary'");
}

import type { ObjectKind } from '../sources/source-event.ts';

/** A line of a kube-proxy vector file (vectors/kube-proxy-README.md): a static case, or a history with steps. */
export interface KubeProxyCase {
  readonly name: string;
  readonly input: {
    readonly config: {
      readonly nodeName: string;
      readonly nodeIPs?: readonly string[];
      readonly nodeLabels?: Readonly<Record<string, string>>;
      readonly nodePortAddresses?: readonly string[];
      readonly clusterCIDRs?: readonly string[];
      readonly masqueradeAll?: boolean;
    };
    readonly services?: readonly object[];
    readonly endpointSlices?: readonly object[];
    readonly steps?: readonly {
      readonly events: readonly {
        readonly op: 'add' | 'update' | 'delete';
        readonly kind: ObjectKind;
        readonly object?: object;
        readonly namespace?: string;
        readonly name?: string;
      }[];
    }[];
  };
  /** A result, or with steps a list of them. */
  readonly expected: unknown;
}

/** The address families and the ignored objects, in the vectors' form. */
export interface KubeProxyResult {
  readonly IPv4?: FamilyResult;
  readonly IPv6?: FamilyResult;
  readonly ignored?: readonly object[];
}

export interface FamilyResult {
  readonly nodePortAddresses?: { readonly matchAll?: true; readonly ips?: readonly string[] };
  readonly servicePorts: readonly Record<string, unknown>[];
  readonly healthChecks?: Readonly<
    Record<string, { readonly port: number; readonly localEndpoints: number }>
  >;
}

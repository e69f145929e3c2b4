import type { Backend } from './backend.ts';
import type { Protocol } from './protocol.ts';

/** What a frontend is; decides flags, routability, wildcards and whether Maglev tables are made. */
export type FrontendType = (typeof frontendTypes)[number];

export const frontendTypes = [
  'ClusterIP',
  'NodePort',
  'ExternalIP',
  'LoadBalancer',
  'HostPort',
  'LocalRedirect',
] as const;

/** `external`: asked for by traffic from outside (and first by sockets); `internal`: by sockets of this node, second. */
export type Scope = 'external' | 'internal';

/**
 * One address:port/protocol (and scope) that is balanced, together with the backends that it uses: nothing is left to
 * be looked up. Plain data and never changed: a frontend that stays the same object costs nothing to project again.
 */
export interface Frontend {
  /** Name of the service, "namespace/name" or any label. */
  readonly service: string;
  /** The virtual address. `0.0.0.0` or `::` for a NodePort or HostPort stands for every node address of that family. */
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly type: FrontendType;
  /** `external` when absent. */
  readonly scope?: Scope;
  /** Share the array between frontends that use the same backends: its order and Maglev table are then made once. */
  readonly backends: readonly Backend[];
  /** ClientIP session affinity for that long; absent: off; 0 is on. At most 16777215. */
  readonly affinitySeconds?: number;
  /** Overrides the algorithm of ProjectOptions for this frontend. */
  readonly algorithm?: 'random' | 'maglev';
  /** Overrides the forwarding mode of ProjectOptions for this frontend. */
  readonly forwarding?: 'snat' | 'dsr';
  /**
   * None of `backends` takes new flows, but the service has some elsewhere that do (traffic policy Local): packets are
   * dropped, because the client may find a node that serves it; with no endpoint anywhere it is told so.
   */
  readonly endpointsElsewhere?: boolean;
  /** externalTrafficPolicy Local. */
  readonly extLocal?: boolean;
  /** internalTrafficPolicy Local. */
  readonly intLocal?: boolean;
  /** Is there a second frontend with scope `internal`? When absent: extLocal differs from intLocal, and it is no ClusterIP. */
  readonly twoScopes?: boolean;
  /** Clients that may (or, with policy `deny`, may not) use it, as "203.0.113.0/24"; both families may be mixed. */
  readonly sourceRanges?: readonly string[];
  readonly sourceRangesPolicy?: 'allow' | 'deny';
  readonly loadBalancerClass?: string;
  /** HostPort that is served on loopback addresses only. */
  readonly loopbackHostPort?: boolean;
  /** Port of a local layer 7 proxy that gets the traffic. */
  readonly proxyPort?: number;
  /** The service has a redirect to a proxy, be it for other ports: none of its frontends can have session affinity then. */
  readonly besideProxy?: boolean;
  readonly natPolicy?: 'Nat46' | 'Nat64';
  readonly proxyDelegation?: 'none' | 'delegate-if-local';
  /** Its backends are those of another service on this node: marked as a local redirect whatever its type. */
  readonly redirected?: boolean;
}

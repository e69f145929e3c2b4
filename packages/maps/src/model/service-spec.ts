import type { Backend } from './backend.ts';
import type { FrontendType, Scope } from './frontend.ts';
import type { Protocol } from './protocol.ts';

/** A frontend as written in a ServiceSpec: where, and which of the service's backends. */
export interface FrontendSpec {
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly type: FrontendType;
  readonly scope?: Scope;
  /** The service's port when it differs from `port`; compared with `proxyRedirects[].ports`. */
  readonly servicePort?: number;
  /** Name of the service port: only backends that serve it (or name no ports) are used. */
  readonly portName?: string;
  /** Name of another service whose backends are used instead. */
  readonly redirectTo?: string;
}

/** Traffic to some ports (absent: all) goes to a local layer 7 proxy. */
export interface ProxyRedirect {
  readonly proxyPort: number;
  readonly ports?: readonly number[];
}

/** A service as a person writes it: frontends, backends, and what holds for all of them. See Frontend for the fields. */
export interface ServiceSpec {
  readonly name: string;
  readonly frontends: readonly FrontendSpec[];
  readonly backends: readonly Backend[];
  readonly affinitySeconds?: number;
  readonly algorithm?: 'random' | 'maglev';
  readonly forwarding?: 'snat' | 'dsr';
  readonly extLocal?: boolean;
  readonly intLocal?: boolean;
  readonly sourceRanges?: readonly string[];
  readonly sourceRangesPolicy?: 'allow' | 'deny';
  readonly proxyRedirects?: readonly ProxyRedirect[];
  readonly loopbackHostPort?: boolean;
  readonly natPolicy?: 'Nat46' | 'Nat64';
  readonly loadBalancerClass?: string;
  readonly proxyDelegation?: 'none' | 'delegate-if-local';
}

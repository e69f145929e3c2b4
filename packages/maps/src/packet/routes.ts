import type { Link } from './flow-state.ts';

/** What the kernel says about the way from one address to another. `device`: the one that the way leads out of. */
export type RouteAnswer =
  | ({ readonly kind: 'ok'; readonly nextHop: string } & Link)
  /** The next hop's link address is not known. */
  | { readonly kind: 'no-neighbour'; readonly device: string }
  /** The kernel would deliver it here, or knows no way. */
  | { readonly kind: 'local' }
  /** Unreachable, prohibited or blackholed. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'forwarding-disabled' };

/** Asks for a way. */
export type AskRoute = (from: string, to: string) => RouteAnswer;

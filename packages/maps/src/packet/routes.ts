import type { Link } from './flow-state.ts';

/** What the kernel says about the way from one address to another, for a packet that must leave by the device it came by. */
export type RouteAnswer =
  | ({ readonly kind: 'ok'; readonly nextHop: string } & Link)
  /** The kernel would deliver it here, or knows no way. */
  | { readonly kind: 'local' }
  | { readonly kind: 'other-device' }
  | { readonly kind: 'no-neighbour' }
  /** Unreachable, prohibited or blackholed. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'forwarding-disabled' };

/** Asks for a way. */
export type AskRoute = (from: string, to: string) => RouteAnswer;

import type { Family, Frontend, PacketHook } from '@lbx/maps';
import type { Device } from './place.ts';

/** A frame at a hook. */
export interface PacketOp {
  readonly kind: 'packet';
  readonly hook: PacketHook;
  readonly frame: Uint8Array;
  /** By which it comes, or leaves. */
  readonly device: Device;
  /** tc: with the sum that a device makes of all bytes, which must stay true. */
  readonly complete?: boolean;
}

/** One step of a session. Frames are made already: a session without some of its steps is still one. */
export type Op =
  | PacketOp
  /** Time goes by. */
  | { readonly kind: 'wait'; readonly seconds: number }
  /** A table gave up one half of a flow: the nth of those there, in the order of their keys. */
  | { readonly kind: 'evict'; readonly half: 'request' | 'reply'; readonly nth: number }
  /** The kernel forgets the link address of a backend, or learns it again. */
  | { readonly kind: 'neighbour'; readonly family: Family; readonly backend: number; readonly known: boolean }
  /** The node stops to forward, or begins again. */
  | { readonly kind: 'forwarding'; readonly family: Family; readonly on: boolean }
  /** Other services from now on. */
  | { readonly kind: 'services'; readonly frontends: readonly Frontend[] }
  /** Somebody wrote (or, without a value, deleted) one entry of a service map: the nth. */
  | {
      readonly kind: 'poke';
      readonly map: PokedMap;
      readonly nth: number;
      readonly at: number;
      readonly byte?: number;
    };

export const pokedMaps = [
  'lb4_services_v2',
  'lb6_services_v2',
  'lb4_backends_v3',
  'lb6_backends_v3',
  'lb_affinity_match',
  'lbx_backend_meta',
  'lb4_maglev',
  'lb6_maglev',
] as const;
export type PokedMap = (typeof pokedMaps)[number];

/** Services, and what happens to them. */
export interface Session {
  readonly frontends: readonly Frontend[];
  readonly ops: readonly Op[];
}

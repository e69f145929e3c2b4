import * as activity from './layouts/activity.ts';
import * as affinity from './layouts/affinity.ts';
import * as backend from './layouts/backend.ts';
import * as conntrack from './layouts/conntrack.ts';
import * as endpoint from './layouts/endpoint.ts';
import * as fragment from './layouts/fragment.ts';
import * as maglev from './layouts/maglev.ts';
import type { KeyOf, MapLayout, ValueOf } from './layouts/map-layout.ts';
import * as metrics from './layouts/metrics.ts';
import * as neighbour from './layouts/neighbour.ts';
import * as reverseNat from './layouts/reverse-nat.ts';
import * as service from './layouts/service.ts';
import * as skip from './layouts/skip.ts';
import * as snat from './layouts/snat.ts';
import * as sourceRange from './layouts/source-range.ts';

/** The release whose layouts these are, byte for byte. */
export const LAYOUT_VERSION = 'cilium-1.20.2';

/** The maps that the control plane writes. */
export const serviceCatalog = Object.freeze({
  lb4_services_v2: service.services4,
  lb6_services_v2: service.services6,
  lb4_backends_v3: backend.backends4,
  lb6_backends_v3: backend.backends6,
  lb4_reverse_nat: reverseNat.reverseNat4,
  lb6_reverse_nat: reverseNat.reverseNat6,
  lb_affinity_match: affinity.affinityMatch,
  lb4_source_range: sourceRange.sourceRange4,
  lb6_source_range: sourceRange.sourceRange6,
  lb4_maglev: maglev.maglev4,
  lb6_maglev: maglev.maglev6,
});

/** Every map that is known, by name (Cilium's without `cilium_`). */
export const catalog = Object.freeze({
  ...serviceCatalog,
  lb4_reverse_sk: reverseNat.reverseSk4,
  lb6_reverse_sk: reverseNat.reverseSk6,
  lb4_affinity: affinity.affinity4,
  lb6_affinity: affinity.affinity6,
  lb4_health: backend.health4,
  lb6_health: backend.health6,
  skip_lb4: skip.skip4,
  skip_lb6: skip.skip6,
  ct4_global: conntrack.ct4,
  ct6_global: conntrack.ct6,
  ct_any4_global: conntrack.ctAny4,
  ct_any6_global: conntrack.ctAny6,
  snat_v4_external: snat.snat4,
  snat_v6_external: snat.snat6,
  snat_v4_alloc_retries: snat.snatRetries4,
  snat_v6_alloc_retries: snat.snatRetries6,
  nodeport_neigh4: neighbour.neigh4,
  nodeport_neigh6: neighbour.neigh6,
  lb_act: activity.act,
  lb_fct: activity.fct,
  ipv4_frag_datagrams: fragment.frag4,
  ipv6_frag_datagrams: fragment.frag6,
  metrics: metrics.metrics,
  lxc: endpoint.lxc,
  ipcache_v2: endpoint.ipcache,
});

export type Catalog = typeof catalog;
/** Name of a map in the catalog. */
export type MapName = keyof Catalog;
/** Name of a map that the control plane writes. */
export type ServiceMapName = keyof typeof serviceCatalog;
/** Key type of a map by its name. */
export type MapKey<N extends MapName> = KeyOf<Catalog[N]>;
/** Value type of a map by its name. */
export type MapValue<N extends MapName> = ValueOf<Catalog[N]>;

/** One entry of one map, tied together: `Entry<'lb4_reverse_nat'>`, or any. */
export type MapEntry<N extends MapName = MapName> = {
  [M in N]: { readonly map: M; readonly key: MapKey<M>; readonly value: MapValue<M> };
}[N];

export function isMapName(name: string): name is MapName {
  return Object.hasOwn(catalog, name);
}

/** Where maps are pinned. */
export interface PinPlace {
  /** Mount point of the BPF file system. */
  readonly bpffs?: string;
  readonly folder?: string;
  readonly prefix?: string;
}

/** An installed Cilium's pins, for `pinPath`. */
export const ciliumPins = { folder: 'tc/globals', prefix: 'cilium_' } as const satisfies PinPlace;

/** Path of a map's pin: `/sys/fs/bpf/lbx/lb4_services_v2`, or with `ciliumPins` that of an installed Cilium. */
export function pinPath(layout: Pick<MapLayout<never, never>, 'name'>, place: PinPlace = {}): string {
  const { bpffs = '/sys/fs/bpf', folder = 'lbx', prefix = '' } = place;
  return [bpffs, folder, `${prefix}${layout.name}`].filter((part) => part !== '').join('/');
}

import { ServiceFlag, type Snapshot } from '@lbx/maps';

/** Services by type, as the maps have them. */
export interface Served {
  readonly family: 4 | 6;
  readonly frontends: Readonly<Record<string, number>>;
  readonly backends: number;
  readonly withoutBackends: number;
  /** Slots that name a backend without an entry. */
  readonly dangling: number;
}

/** What is served of one address family. */
export function servedOf({ entries }: Snapshot, family: 4 | 6): Served {
  const frontends: Record<string, number> = {};
  const backends = new Set<number>();
  const named: number[] = [];
  let withoutBackends = 0;
  for (const entry of entries.values()) {
    if (entry.map === `lb${family}_backends_v3`) backends.add((entry.key as { backendId: number }).backendId);
    if (entry.map !== `lb${family}_services_v2`) continue;
    const { backendSlot, dport } = entry.key as { backendSlot: number; dport: number };
    const value = entry.value as { flags: number; count: number; backendId?: number };
    if (backendSlot > 0) named.push(value.backendId ?? 0);
    // Port 0: stands for an address, not for a service.
    if (backendSlot > 0 || dport === 0) continue;
    const type = typeOf(value.flags);
    frontends[type] = (frontends[type] ?? 0) + 1;
    if (value.count === 0) withoutBackends++;
  }
  const dangling = named.filter((id) => !backends.has(id)).length;
  return { family, frontends, backends: backends.size, withoutBackends, dangling };
}

function typeOf(flags: number): string {
  for (const type of ['LoadBalancer', 'NodePort', 'externalIP', 'hostPort'] as const)
    if (flags & ServiceFlag[type]) return type;
  return 'ClusterIP';
}

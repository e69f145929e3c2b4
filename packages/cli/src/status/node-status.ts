import type { Counters, PinnedState } from '@lbx/core';
import { reasons, ServiceFlag, type Snapshot } from '@lbx/maps';

/** What an agent says of itself over HTTP. */
export interface AgentHealth {
  readonly url: string;
  /** 200, 503; absent: it did not answer. */
  readonly code?: number;
}

/** Services by type, as the maps have them. */
export interface Served {
  readonly family: 4 | 6;
  readonly frontends: Readonly<Record<string, number>>;
  readonly backends: number;
  readonly withoutBackends: number;
  /** Slots that name a backend without an entry. */
  readonly dangling: number;
}

/** How a node's load balancer is. */
export interface NodeStatus {
  readonly healthy: boolean;
  /** One sentence. */
  readonly verdict: string;
  /** What is wrong, and what to do. */
  readonly problems: readonly string[];
  readonly pinned: PinnedState;
  readonly health: AgentHealth;
  readonly served: readonly Served[];
  readonly drops: Readonly<Record<string, number>>;
}

/** Maps that are fuller than that are soon full. */
const pressure = 0.9;

/** Judges what was read. */
export function nodeStatus(
  pinned: PinnedState,
  counters: Counters,
  health: AgentHealth,
  snapshot: Snapshot,
): NodeStatus {
  const served = ([4, 6] as const).map((family) => servedOf(snapshot, family));
  const problems = [
    ...(!pinned.locked
      ? [
          'no agent runs on these pins: what was programmed stays in force, changes are not followed; start lbx agent',
        ]
      : []),
    ...(pinned.locked && health.code !== undefined && health.code !== 200
      ? [`the agent says that it is not healthy (${health.url} answers ${health.code}): its log tells why`]
      : []),
    ...(pinned.links.length === 0 ? ['no program is attached by a pinned link'] : []),
    ...pinned.links
      .filter(({ info }) => !info.attached)
      .map(({ name }) => `${name}: its device or cgroup is gone`),
    ...pinned.maps
      .filter(({ info, entries = 0 }) => entries >= pressure * info.maxEntries)
      .map(
        ({ name, entries, info: { maxEntries } }) =>
          `${name} has ${entries} of ${maxEntries} entries: give it more room`,
      ),
    ...pinned.mismatches.map(({ message }) => message),
    ...served
      .filter(({ dangling }) => dangling > 0)
      .map(({ family, dangling }) => `IPv${family}: ${dangling} slots lead to backends that have no entry`),
  ];
  const healthy = problems.length === 0;
  const count = served.reduce(
    (sum, { frontends }) => sum + Object.values(frontends).reduce((a, b) => a + b, 0),
    0,
  );
  return {
    healthy,
    verdict: healthy
      ? `healthy: process ${pinned.holder ?? 'in another container'} keeps ${count} frontends in force`
      : `not healthy: ${problems.length} ${problems.length === 1 ? 'thing needs' : 'things need'} a look`,
    problems,
    pinned,
    health,
    served,
    drops: Object.fromEntries(
      reasons
        .filter(({ kind }) => kind === 'drop')
        .flatMap(({ name }) => {
          const packets = counters[name]?.packets ?? 0;
          return packets > 0 ? [[name, packets]] : [];
        }),
    ),
  };
}

function servedOf({ entries }: Snapshot, family: 4 | 6): Served {
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

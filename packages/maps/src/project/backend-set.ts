import { type Address, readAddress } from '../model/address.ts';
import type { Backend, BackendState } from '../model/backend.ts';
import { endpointName } from '../model/endpoint-name.ts';

/** A backend as the maps know it, but for its id. */
interface SetMember {
  /** Its address is canonical. */
  readonly backend: Backend;
  /** "192.0.2.10:8080/TCP". */
  readonly name: string;
}

/** The backends of a frontend in slot order. Holds for every frontend with the same array; knows no ids. */
export interface BackendSet {
  /** Slot n is members[n - 1]. */
  readonly members: readonly SetMember[];
  /** Backends in maintenance: in the backends map, in no slot. */
  readonly spare: readonly SetMember[];
  /** The first so many members get new flows: the active ones, or the terminating ones where none is active. */
  readonly count: number;
}

const ranks: Readonly<Record<BackendState, number>> = {
  active: 0,
  terminating: 1,
  'terminating-not-serving': 2,
  quarantined: 3,
  maintenance: 4,
};

/**
 * Orders the backends of a frontend as Cilium does: healthy before unhealthy (and those on standby), then by state, address, port. Of two with
 * the same address, port and protocol the later one counts. The backends must have been checked.
 */
export function backendSet(backends: readonly Backend[]): BackendSet {
  const byName = new Map<string, Sortable>();
  for (const given of backends) {
    const { text, order } = readAddress(given.address)!;
    // The same object where it is the same text: it is kept once then.
    const backend = text === given.address ? given : { ...given, address: text };
    const rank = ranks[backend.state ?? 'active'];
    const name = endpointName(text, backend.port, backend.protocol);
    byName.set(name, {
      backend,
      name,
      order,
      rank: backend.unhealthy || backend.standby ? rank + 10 : rank,
    });
  }
  const ordered = [...byName.values()].sort(
    (a, b) =>
      a.rank - b.rank || (a.order < b.order ? -1 : a.order > b.order ? 1 : a.backend.port - b.backend.port),
  );
  const isSpare = ({ backend }: SetMember) => backend.state === 'maintenance';
  const healthy = (rank: number) => ordered.filter((member) => member.rank === rank).length;
  const members = ordered.filter((member) => !isSpare(member));
  return { members, spare: ordered.filter(isSpare), count: healthy(0) || healthy(1) };
}

interface Sortable extends SetMember {
  readonly rank: number;
  readonly order: Address['order'];
}

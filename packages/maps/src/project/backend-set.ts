import type { Lb4Backend } from '../layouts/backend.ts';
import { BackendStateByte } from '../layouts/names.ts';
import { type Address, readAddress } from '../model/address.ts';
import type { Backend, BackendState } from '../model/backend.ts';
import { endpointName } from '../model/endpoint-name.ts';
import { protocolNumbers } from '../model/protocol.ts';

/** A backend as the maps know it, but for its id. */
interface SetMember {
  readonly backend: Backend;
  /** "192.0.2.10:8080/TCP". */
  readonly name: string;
  readonly value: Lb4Backend;
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

const states: Readonly<Record<BackendState, { rank: number; byte: number }>> = {
  active: { rank: 0, byte: BackendStateByte.active },
  terminating: { rank: 1, byte: BackendStateByte.terminating },
  'terminating-not-serving': { rank: 2, byte: BackendStateByte.terminating },
  quarantined: { rank: 3, byte: BackendStateByte.quarantined },
  maintenance: { rank: 4, byte: BackendStateByte.maintenance },
};

/**
 * Orders the backends of a frontend as Cilium does: healthy before unhealthy (and those on standby), then by state, address, port. Of two with
 * the same address, port and protocol the later one counts. The backends must have been checked.
 */
export function backendSet(backends: readonly Backend[]): BackendSet {
  const byName = new Map<string, Sortable>();
  for (const backend of backends) {
    const { text: canonical, order } = readAddress(backend.address)!;
    // The same object where it is the same text: it is kept once then.
    const text = canonical === backend.address ? backend.address : canonical;
    const { rank, byte } = states[backend.state ?? 'active'];
    const name = endpointName(text, backend.port, backend.protocol);
    const value = {
      address: text,
      port: backend.port,
      proto: protocolNumbers[backend.protocol],
      state: byte,
      clusterId: 0,
      zone: backend.zone ?? 0,
    };
    byName.set(name, {
      backend,
      name,
      value,
      order,
      rank: backend.unhealthy || backend.standby ? rank + 10 : rank,
    });
  }
  const ordered = [...byName.values()].sort(
    (a, b) =>
      a.rank - b.rank || (a.order < b.order ? -1 : a.order > b.order ? 1 : a.value.port - b.value.port),
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

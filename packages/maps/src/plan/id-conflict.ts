import type { MapValue } from '../catalog.ts';
import { MapsError } from '../errors.ts';
import type { Projection } from '../project/projection.ts';
import { isMaster, isWildcard, type MasterValue } from '../project/service-entry.ts';
import type { Change } from './change.ts';
import type { Written } from './written.ts';

/** The ids of the maps were handed out by someone else: writing would give one frontend the backends of another. */
export class IdConflictError extends MapsError {
  override readonly name = 'IdConflictError';
  readonly id: number;
  constructor(what: string, id: number, actual: string, desired: string) {
    super(
      'LBX_ID_CONFLICT',
      `${what} id ${id} is ${actual} in the maps and ${desired} in the projection; project with restoreIds(snapshot) of these maps`,
    );
    this.id = id;
  }
}

/** An id must mean the same backend, or the same frontend, on both sides. @throws IdConflictError. */
export function assertSameIds(written: Written, desired: Projection, { writes }: Change): void {
  for (const { entry, before } of writes) {
    if ('clusterId' in entry.value && before !== undefined) {
      const old = before.value as MapValue<'lb4_backends_v3'>;
      const { address, port, proto } = entry.value;
      if (old.address === address && old.port === port && old.proto === proto) continue;
      const { backendId } = entry.key as { backendId: number };
      throw new IdConflictError('backend', backendId, `${old.address} ${old.port}`, `${address} ${port}`);
    }
    if (!isMaster(entry) || isWildcard(entry)) continue;
    const { revNatIndex } = entry.value as MasterValue;
    const owner = written.ownerOf(revNatIndex);
    if (owner === undefined || owner === entry.frontend) continue;
    // It may be about to get another id; what was found without its frontend has none.
    if ((desired.frontends.get(owner)?.revNatId ?? revNatIndex) !== revNatIndex) continue;
    throw new IdConflictError('frontend', revNatIndex, owner, entry.frontend!);
  }
}

import { type Entry, entryId, type Op, type Snapshot } from '@lbx/maps';

/** What maps hold after writes that all went well. */
export function afterOps({ entries }: Snapshot, ops: readonly Op[]): Snapshot {
  const after = new Map(entries);
  for (const op of ops) {
    const id = entryId(op.map, op.key);
    if (op.op === 'set') after.set(id, op as Entry);
    else after.delete(id);
  }
  return { entries: after };
}

import type { IdsOptions } from '../../src/ids/ids.ts';
import { releaseIds } from '../../src/ids/release-ids.ts';
import { restoreIds } from '../../src/ids/restore-ids.ts';
import type { Frontend } from '../../src/model/frontend.ts';
import { carryOut } from '../../src/plan/carry-out.ts';
import { allChanges } from '../../src/plan/change.ts';
import type { Op } from '../../src/plan/op.ts';
import { plan, planChanges } from '../../src/plan/plan.ts';
import { readSnapshot, type Snapshot } from '../../src/plan/snapshot.ts';
import { unsettled } from '../../src/plan/unsettled.ts';
import { createWritten, type Written } from '../../src/plan/written.ts';
import { sameEntry } from '../../src/project/entry.ts';
import { mergeChanges, type ProjectionChanges } from '../../src/project/projection-changes.ts';
import { createProjector, type Projector } from '../../src/project/projector.ts';
import { isMaster, isService, isWildcard, serviceName } from '../../src/project/service-entry.ts';
import type { Tables } from '../../src/tables/memory-tables.ts';
import { difference } from './state.ts';
import type { Writer } from './writer.ts';

/**
 * As the agent does it: a projector that is told what changed, a mirror of what was written, plans for the changes alone.
 * Held at every step to what a plan for everything from a fresh look into the maps would do.
 */
export function createIncrementalWriter(tables: Tables, options: IdsOptions = {}): Writer {
  const found = readSnapshot(tables);
  const ids = restoreIds(found, options);
  const written = createWritten(found);
  const given = new Map<string, readonly Frontend[]>();
  let projector: Projector | undefined;
  let optionsText = '';
  let changes: ProjectionChanges | undefined;
  return {
    ids,
    want({ services, options: next }) {
      const isFirst = projector === undefined;
      projector ??= createProjector(next, ids, { slotsOf: (name) => written.slotsOf(name) });
      if (!isFirst && JSON.stringify(next) !== optionsText) projector.setOptions(next);
      optionsText = JSON.stringify(next);
      for (const [name, frontends] of services) {
        if (given.get(name) === frontends) continue;
        given.set(name, frontends);
        projector.set(name, frontends);
      }
      for (const name of [...given.keys()]) {
        if (services.has(name)) continue;
        given.delete(name);
        projector.set(name, []);
      }
      projector.retryRefused(); // quarantines may be over
      const taken = projector.takeChanges();
      const all = isFirst ? mergeChanges(allChanges(written, projector.projection), taken) : taken;
      changes = changes === undefined ? all : mergeChanges(all, changes);
      return { ...projector.projection, entries: projector.projection.entries };
    },
    write(skip = new Set()) {
      const desired = projector!.projection;
      changes = mergeChanges(changes!, projector!.takeChanges());
      const ops = planChanges(written, desired, changes, { skip });
      const differs = difference(
        'a plan for the changes is not that for everything',
        texts(ops),
        texts(plan(readSnapshot(tables), desired, { skip })),
      );
      if (differs !== undefined) throw new Error(differs);
      const result = carryOut(tables, written, desired, changes, { skip });
      const wrong = mirrorWrong(written, readSnapshot(tables));
      if (wrong !== undefined) throw new Error(wrong);
      const left = unsettled(written, desired, changes, result, { skip });
      for (const name of releaseIds(ids, written, desired, changes)) left.frontends.add(name);
      changes = left;
      return result;
    },
  };
}

const texts = (ops: readonly Op[]) => ops.map(({ op, map, key }) => `${op} ${map} ${JSON.stringify(key)}`);

/** The mirror must be what the maps hold. */
function mirrorWrong(written: Written, { entries }: Snapshot): string | undefined {
  let expected = 0;
  const others = new Set<number>();
  for (const [id, entry] of entries) {
    const { key } = entry;
    let have = 'backendId' in key ? written.get(entry.map, key) : undefined;
    if ('revNatId' in key) {
      have = written.othersOf(key.revNatId).get(id);
      others.add(key.revNatId);
    } else if (isService(entry)) {
      const { address, backendSlot } = key as { address: string; backendSlot: number };
      const frontend = written.frontends.get(serviceName(entry));
      if (isWildcard(entry)) have = written.wildcards.get(address);
      else have = isMaster(entry) ? frontend?.master : frontend?.slots.get(backendSlot);
    }
    if (have === undefined || !sameEntry(have, entry)) return `the mirror lacks ${id}`;
    expected++;
  }
  let size = written.backends.size + written.wildcards.size;
  for (const id of written.backends.keys()) if (written.twinOf(id) !== undefined) size++;
  for (const id of others) size += written.othersOf(id).size;
  for (const { master, slots } of written.frontends.values())
    size += slots.size + (master === undefined ? 0 : 1);
  return size === expected ? undefined : `the mirror has ${size} entries, the maps ${expected}`;
}

import type { MapKey } from '../catalog.ts';
import type { Entry } from '../project/entry.ts';
import type { Projection } from '../project/projection.ts';
import { isService, isWildcard, type MasterValue } from '../project/service-entry.ts';
import type { Change } from './change.ts';
import type { Op } from './op.ts';
import { beginsToLook, rangeTurn } from './range-turn.ts';
import type { Written } from './written.ts';

/** Puts a change in the order that `plan` promises. */
export function ordered(
  { writes, deletes }: Change,
  written: Pick<Written, 'othersOf'>,
  desired: Projection,
): Op[] {
  const stages: Op[][] = [];
  const add = (stage: number, op: Op) => {
    stages[stage] ??= [];
    stages[stage].push(op);
  };
  /** Frontends whose surplus source ranges go before the master is written. */
  const early = new Set<string>();
  for (const write of writes) {
    const between = rangeTurn(write, written, desired)?.between;
    if (between !== undefined) add(0, setOf(between));
    if (between !== undefined || beginsToLook(write)) early.add(write.entry.frontend!);
    add(2 * writeStage(write.entry, desired) + familyBit(write.entry), setOf(write.entry));
  }
  for (const { entry, frontend } of deletes) {
    const isEarly = frontend !== undefined && early.has(frontend) && kindOf(entry) === 'source_range';
    const stage = isEarly ? writeStages.source_range : deleteStage(entry);
    add(2 * stage + familyBit(entry), deleteOf(entry, frontend));
  }
  return stages.flat();
}

function setOf(entry: Entry): Op {
  return (entry.op === 'set' ? entry : { ...entry, op: 'set' }) as Op;
}

function deleteOf({ map, key }: Entry, frontend: string | undefined): Op {
  return (frontend === undefined ? { op: 'delete', map, key } : { op: 'delete', map, key, frontend }) as Op;
}

/** Keeps the writes of one map together, so that they go in one batch. */
function familyBit({ map }: Entry): 0 | 1 {
  return map.charCodeAt(2) === 54 ? 1 : 0; // lb6_…
}

const writeStages = {
  backends_v3: 1,
  reverse_nat: 2,
  affinity_match: 3,
  source_range: 4,
  maglev: 5,
} as const;
const deleteStages = {
  maglev: 15,
  source_range: 16,
  affinity_match: 17,
  reverse_nat: 18,
  backends_v3: 19,
} as const;

type Kind = keyof typeof writeStages;
/** `backends_v3` of `lb4_backends_v3`. */
function kindOf({ map }: Entry): Kind {
  return map.slice(map.indexOf('_') + 1) as Kind;
}

function writeStage(entry: Entry, desired: Projection): number {
  if (!isService(entry)) return writeStages[kindOf(entry)];
  const { backendSlot, scope } = entry.key as MapKey<'lb4_services_v2'>;
  if (isWildcard(entry)) return 10;
  if (backendSlot === 0) return scope === 1 ? 7 : 8; // who finds the flag for two scopes finds the second scope
  const { count } = desired.frontends.get(entry.frontend!)!.master.value as MasterValue;
  return backendSlot <= count ? 6 : 9;
}

function deleteStage(entry: Entry): number {
  if (!isService(entry)) return deleteStages[kindOf(entry)];
  const { backendSlot, scope } = entry.key as MapKey<'lb4_services_v2'>;
  if (isWildcard(entry)) return 11; // before the masters: their ports must not be caught
  if (backendSlot === 0) return scope === 1 ? 13 : 12;
  return 14;
}

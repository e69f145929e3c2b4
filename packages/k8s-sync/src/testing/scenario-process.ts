import {
  type ApplyResult,
  allChanges,
  carryOut,
  createInheritance,
  createProjector,
  createWritten,
  dump,
  type Frontend,
  type FrontendEntries,
  type Ids,
  type IdsOptions,
  mergeChanges,
  type Projection,
  type ProjectionChanges,
  type ProjectOptions,
  plan,
  project,
  type Refusal,
  readSnapshot,
  releaseIds,
  restoreIds,
  type ServiceMapName,
  type Tables,
  unsettled,
} from '@lbx/maps';
import type { HealthCheck } from '../semantics/health-checks.ts';
import type { SourceEvent } from '../sources/source-event.ts';
import type { Translation } from '../translate/translation.ts';
import { createTranslator } from '../translate/translator.ts';
import type { Scenario } from './scenario.ts';

/** What one round of writing led to. */
export interface Programmed {
  readonly translation: Translation;
  readonly healthChecks: readonly HealthCheck[];
  /** What the maps should hold; nothing before the sources have synced, for then nothing is written. */
  readonly frontends: readonly FrontendEntries[];
  readonly refused: readonly Refusal[];
  /** What is wrong with how the maps were written, whatever they should hold. */
  readonly faults: readonly string[];
}

/** A control plane as it lives in one process: objects in, entries out. */
export interface ScenarioProcess {
  tell(event: SourceEvent): void;
  setAddresses(addresses: readonly string[]): void;
  /** Brings the tables in line with what was told, if the sources have synced. */
  program(): Programmed;
}

/** Starts on tables as they are: ids come from their entries. */
export function startScenarioProcess(
  { node, options }: Scenario,
  tables: Tables,
  { now, addresses }: { readonly now: () => number; readonly addresses: readonly string[] | undefined },
): ScenarioProcess {
  const {
    nodePortAddresses,
    loadBalancerClasses,
    maxEntries,
    maxFrontendId,
    maxBackendId,
    quarantineSeconds,
    ...projecting
  } = options;
  const given = <K extends string, V>(key: K, value: V | undefined) =>
    (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };
  const translator = createTranslator({
    nodeName: node.name,
    ...(node.zone === undefined ? {} : { nodeLabels: { 'topology.kubernetes.io/zone': node.zone } }),
    ...given('nodeIPs', addresses),
    ...given('nodePortAddresses', nodePortAddresses),
    ...given('loadBalancerClasses', loadBalancerClasses),
  });
  const idsOptions: IdsOptions = {
    now,
    ...given('maxFrontendId', maxFrontendId),
    ...given('maxBackendId', maxBackendId),
    ...given('quarantineSeconds', quarantineSeconds),
  };
  const found = readSnapshot(tables);
  const ids: Ids = restoreIds(found, idsOptions);
  const written = createWritten(found);
  const sizes = Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, table.maxEntries]));
  const optionsFor = (nodeAddresses: readonly string[]): ProjectOptions => ({
    ...projecting,
    nodeAddresses,
    maxEntries: sizes as Record<ServiceMapName, number>,
  });
  let projectOptions = optionsFor(translator.translate().nodeAddresses);
  const projector = createProjector(projectOptions, ids);
  const { projection } = projector;
  /** What was told and not taken up, because the sources have not synced. */
  const waiting = new Map<string, readonly Frontend[]>();
  const told = new Map<string, readonly Frontend[]>();
  const inheritance = createInheritance(written);
  let left: ProjectionChanges | undefined;
  let programmedAt = now();

  /** What may have to be written. */
  function take({ nodeAddresses }: Translation): ProjectionChanges {
    if (String(projectOptions.nodeAddresses) !== String(nodeAddresses)) {
      projectOptions = optionsFor(nodeAddresses);
      projector.setOptions(projectOptions);
    }
    const { owners, services } = translator.neverRead();
    const again = inheritance.setUnread({ unclaimed: owners.length > 0, services });
    for (const service of again) if (!waiting.has(service)) waiting.set(service, told.get(service) ?? []);
    for (const [service, frontends] of waiting) {
      told.set(service, frontends);
      projector.set(service, inheritance.complete(service, frontends));
    }
    waiting.clear();
    if (now() > programmedAt) projector.retryRefused(); // a quarantine may be over
    programmedAt = now();
    const taken = projector.takeChanges();
    // At first also what was refused: ids that were taken for it go back.
    return mergeChanges(taken, left ?? allChanges(written, projection));
  }

  function write(changes: ProjectionChanges): ApplyResult {
    const keptBefore = inheritance.kept;
    const reachable = inheritance.without(projection);
    const all = inheritance.kept < keptBefore ? allChanges(written, projection) : changes;
    const result = carryOut(tables, written, reachable, all);
    left = unsettled(written, reachable, all, result);
    for (const name of releaseIds(ids, written, reachable, all)) left.frontends.add(name);
    inheritance.settle(reachable);
    return result;
  }

  return {
    tell: translator.apply,
    setAddresses: translator.setNodeIPs,
    program() {
      for (const [service, frontends] of translator.translateChanges()) waiting.set(service, frontends);
      const translation = translator.translate();
      const healthChecks = translator.healthChecks();
      if (!translation.synced) return { translation, healthChecks, frontends: [], refused: [], faults: [] };
      let result = write(take(translation));
      // As an agent does after a while: what is deleted last may have made room for what failed.
      if (result.failures.length > 0) result = write(take(translation));
      const wanted = () =>
        project(translation.frontends, projectOptions, restoreIds(readSnapshot(tables), idsOptions));
      return {
        translation,
        healthChecks,
        frontends: [...projection.frontends.values()],
        refused: projection.refused,
        faults: [...faultsOf(tables, projection, result, inheritance.kept, wanted)],
      };
    },
  };
}

/** The maps hold what was projected; and working everything out at once, from nothing but the maps, leads there too. */
function* faultsOf(
  tables: Tables,
  projection: Projection,
  { failures }: ApplyResult,
  kept: number,
  wanted: () => Projection,
): IterableIterator<string> {
  for (const { error } of failures) yield `a write failed: ${error.message}`;
  if (failures.length > 0) return;
  if (kept > 0) return;
  const held = new Set(dump(tables));
  const again = plan(readSnapshot(tables), projection);
  if (again.length > 0)
    yield `a plan of everything still has ${again.length} writes, the first: ${JSON.stringify(again[0])}`;
  // What the maps have of refused frontends stays, and which ones are refused depends on who came first.
  if (projection.refused.length > 0) return;
  for (const line of dump(projection)) if (!held.delete(line)) yield `missing in the maps: ${line}`;
  for (const line of held) yield `in the maps, but not projected: ${line}`;
  const atOnce = plan(readSnapshot(tables), wanted());
  if (atOnce.length > 0)
    yield `projecting all at once leads elsewhere, by ${atOnce.length} writes, the first: ${JSON.stringify(atOnce[0])}`;
}

import {
  applyOps,
  dump,
  type Ids,
  type IdsOptions,
  type Projection,
  type ProjectOptions,
  plan,
  project,
  readSnapshot,
  restoreIds,
  type ServiceMapName,
  type Tables,
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
  /** Absent before the sources have synced: then nothing is written. */
  readonly projection?: Projection;
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
  const { nodePortAddresses, maxEntries, maxFrontendId, maxBackendId, quarantineSeconds, ...projecting } =
    options;
  const given = <K extends string, V>(key: K, value: V | undefined) =>
    (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };
  const translator = createTranslator({
    nodeName: node.name,
    ...(node.zone === undefined ? {} : { nodeLabels: { 'topology.kubernetes.io/zone': node.zone } }),
    ...given('nodeIPs', addresses),
    ...given('nodePortAddresses', nodePortAddresses),
  });
  const idsOptions: IdsOptions = {
    now,
    ...given('maxFrontendId', maxFrontendId),
    ...given('maxBackendId', maxBackendId),
    ...given('quarantineSeconds', quarantineSeconds),
  };
  const ids: Ids = restoreIds(readSnapshot(tables), idsOptions);
  const sizes = Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, table.maxEntries]));
  return {
    tell: translator.apply,
    setAddresses: translator.setNodeIPs,
    program() {
      const translation = translator.translate();
      const healthChecks = translator.healthChecks();
      if (!translation.synced) return { translation, healthChecks, faults: [] };
      const projectOptions: ProjectOptions = {
        ...projecting,
        nodeAddresses: translation.nodeAddresses,
        maxEntries: sizes as Record<ServiceMapName, number>,
      };
      const projection = project(translation.frontends, projectOptions, ids);
      const result = applyOps(tables, plan(readSnapshot(tables), projection));
      return { translation, healthChecks, projection, faults: [...faultsOf(tables, projection, result)] };
    },
  };
}

/** The maps hold what was planned, and planning again finds nothing to do. */
function* faultsOf(
  tables: Tables,
  projection: Projection,
  { failures }: ReturnType<typeof applyOps>,
): IterableIterator<string> {
  for (const { error } of failures) yield `a write failed: ${error.message}`;
  if (failures.length > 0) return;
  const again = plan(readSnapshot(tables), projection);
  if (again.length > 0) yield `a second plan still has ${again.length} writes: ${JSON.stringify(again[0])}`;
  if (projection.refused.length > 0) return; // what the maps have of those stays, and is not in the projection
  const wanted = dump(projection, { maglev: 'digest' });
  const held = new Set(dump(tables, { maglev: 'digest' }));
  for (const line of wanted) if (!held.delete(line)) yield `missing in the maps: ${line}`;
  for (const line of held) yield `in the maps, but not projected: ${line}`;
}

import { type AnyTable, dump, parseDump, type Tables } from '@lbx/maps';
import type { SourceEvent } from '../sources/source-event.ts';
import { canonicalDump } from './canonical-dump.ts';
import { checkTables } from './check-tables.ts';
import { createClusterObjects, keyOf, upsertOf } from './cluster-objects.ts';
import type { Scenario, ScenarioStep } from './scenario.ts';
import { type Programmed, type ScenarioProcess, startScenarioProcess } from './scenario-process.ts';

/** What the maps hold after a step, and what the process says. */
export interface StepResult extends Programmed {
  readonly step: ScenarioStep;
  /** The lines as they were before the step. */
  readonly before: readonly string[];
  /** Lookup tables in short. */
  readonly lines: readonly string[];
  /** The lines with ids that do not depend on the order of events. */
  readonly canonical: readonly string[];
}

/** How a scenario is played. */
export interface RunOptions {
  /**
   * Another order for the events of a step: events come one by one, and the maps are written after some of them.
   * Events of one object must keep their order.
   */
  readonly reorder?: (events: readonly SourceEvent[]) => Iterable<SourceEvent | 'program'>;
}

/** A scenario being played, step by step. */
export interface ScenarioRun {
  /** Plays one step and returns what came of it. */
  play(step: ScenarioStep): StepResult;
  /** Starts a new process that hears `events` as its first; nobody has said that this was everything. */
  restart(events: Iterable<SourceEvent>): Programmed;
  /** The process hears this. */
  hear(events: Iterable<SourceEvent | 'program'>): Programmed;
  /** Everything that exists, as a list would tell it. */
  list(): SourceEvent[];
  /** What the maps hold now, lookup tables in short. */
  lines(): string[];
}

/** All changes of a scenario as one stream of events, for a node that has its last addresses from the start. */
export function flattenScenario(scenario: Scenario): {
  readonly scenario: Scenario;
  readonly events: SourceEvent[];
} {
  const cluster = createClusterObjects();
  const events = scenario.steps.flatMap((step) => cluster.change(step, scenario.file));
  const addresses = scenario.steps.findLast((step) => step.addresses !== undefined)?.addresses;
  const node = addresses === undefined ? scenario.node : { ...scenario.node, addresses };
  return { scenario: { ...scenario, node, steps: [] }, events };
}

/**
 * Begins a scenario on tables that are empty: fills in what it finds there, and starts a process that knows of no objects.
 * Its sources have synced, unless there is something in the maps: then the first step says when.
 */
export function startScenario(scenario: Scenario, tables: Tables, { reorder }: RunOptions = {}): ScenarioRun {
  const cluster = createClusterObjects();
  let clock = 1_000_000;
  let { addresses } = scenario.node;
  const start = () => startScenarioProcess(scenario, tables, { now: () => clock, addresses });
  for (const { map, key, value } of parseDump(scenario.found))
    (tables[map as keyof Tables] as AnyTable).set(key, value);
  let process: ScenarioProcess = start();
  if (scenario.found.length === 0) process.tell({ type: 'synced' });
  /** What the process has not been told yet, by key: the objects of a restart that are late. */
  let untold = new Set<string>();
  const faults: string[] = [];

  /** @returns with the faults of all writes since they were last cleared. */
  const program = (): Programmed => {
    const programmed = process.program();
    // Nobody is to blame for what was found, until it could have been mended.
    const wrong = programmed.translation.synced ? checkTables(tables) : [];
    for (const fault of [...programmed.faults, ...wrong]) if (!faults.includes(fault)) faults.push(fault);
    return { ...programmed, faults: [...faults] };
  };
  const held = () => dump(tables, { maglev: 'digest' });
  const hear = (events: Iterable<SourceEvent | 'program'>): void => {
    for (const event of events) {
      if (event === 'program') program();
      else process.tell(event);
    }
  };
  const inOrder = (events: readonly SourceEvent[]) => (reorder === undefined ? events : reorder(events));

  function tellListed(told: readonly string[] | undefined, line: number): void {
    const listed = cluster.list().filter((object) => untold.has(keyOf(object)));
    const chosen = listed.filter(
      (object) => told === undefined || told.includes(object.kind) || told.includes(keyOf(object)),
    );
    if (told !== undefined && chosen.length === 0)
      throw new Error(`${scenario.file}:${line}: told: there is nothing left of ${told.join(', ')}`);
    for (const object of chosen) untold.delete(keyOf(object));
    hear(inOrder(chosen.map(upsertOf)));
  }

  return {
    play(step) {
      faults.length = 0;
      const before = held();
      clock += step.seconds * 1000;
      if (step.addresses !== undefined) addresses = step.addresses;
      const changes = cluster.change(step, scenario.file);
      if (step.restart) {
        process = start();
        untold = new Set(cluster.list().map(keyOf));
      } else {
        if (step.addresses !== undefined) process.setAddresses(step.addresses);
        hear(inOrder(changes));
      }
      if (step.told !== undefined) tellListed(step.told, step.line);
      if (step.synced) {
        tellListed(undefined, step.line);
        process.tell({ type: 'synced' });
      }
      const programmed = program();
      return {
        ...programmed,
        step,
        before,
        lines: held(),
        canonical: canonicalDump(tables),
      };
    },
    restart(events) {
      faults.length = 0;
      process = start();
      hear(events);
      return program();
    },
    hear(events) {
      faults.length = 0;
      hear(events);
      return program();
    },
    list: () => cluster.list().map(upsertOf),
    lines: held,
  };
}

/**
 * For tests of what Kubernetes objects become: scenarios (objects in, entries out) as files, with a runner for tables of
 * any kind; and an API server that fails on command. Needs no test framework.
 *
 * @packageDocumentation
 */
export * from '@lbx/testing/fake-api-server';
export { canonicalDump } from './canonical-dump.ts';
export { checkTables } from './check-tables.ts';
export { compareStep } from './compare-step.ts';
export { type LateSource, lateSources } from './late-sources.ts';
export { parseScenario } from './parse-scenario.ts';
export {
  flattenScenario,
  type RunOptions,
  type ScenarioRun,
  type StepResult,
  startScenario,
} from './run-scenario.ts';
export type { Expected, Scenario, ScenarioNode, ScenarioOptions, ScenarioStep } from './scenario.ts';
export { ScenarioError } from './scenario-error.ts';
export type { Programmed } from './scenario-process.ts';
export { shuffleEvents } from './shuffle-events.ts';
export { updateScenario } from './update-scenario.ts';

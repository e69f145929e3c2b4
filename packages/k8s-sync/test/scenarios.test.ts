import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMemoryTables } from '@lbx/maps';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../testing/src/packet/random.ts';
import {
  canonicalDump,
  compareStep,
  flattenScenario,
  lateSources,
  parseScenario,
  type Scenario,
  shuffleEvents,
  startScenario,
  updateScenario,
} from '../src/testing/index.ts';

const folder = join(import.meta.dirname, 'scenarios');
const update = process.env.LBX_UPDATE === '1';
const seeds = [1, 2, 3, 4, 5];

const tablesFor = ({ options }: Scenario) =>
  createMemoryTables({
    ...(options.maxEntries === undefined ? {} : { maxEntries: options.maxEntries }),
    maglevSize: options.maglevSize ?? 16381,
  });

/** A way to play a scenario that it may rule out: where it gives a reason there is no such test. */
const unless = (reason: string | undefined, name: string, play: () => void) => {
  if (reason === undefined) it(name, play);
};

describe.each(readdirSync(folder).filter((file) => file.endsWith('.yaml')))('%s', (file) => {
  const path = join(folder, file);
  const scenario = parseScenario(readFileSync(path, 'utf8'), file);

  it('leads to what it says', () => {
    const run = startScenario(scenario, tablesFor(scenario));
    const results = scenario.steps.map((step) => run.play(step));
    if (update) writeFileSync(path, updateScenario(readFileSync(path, 'utf8'), results));
    const differences = results.flatMap(compareStep);
    // Whatever is expected, the maps must never be in a state that the datapath cannot rely on.
    if (update) expect(results.flatMap(({ faults }) => faults)).toEqual([]);
    else expect(differences.join('\n')).toBe('');
  });

  it('begins with a comment that says what it is about', () => {
    expect(readFileSync(path, 'utf8')).toMatch(/^# .{40,}\n(#.*\n)*---\n/);
  });

  unless(scenario.orderMatters, 'leads there in any order of the events of a step', () => {
    const straight = startScenario(scenario, tablesFor(scenario));
    const ends = scenario.steps.map((step) => straight.play(step).canonical);
    for (const seed of seeds) {
      const { below, chance } = createRandom(seed);
      const run = startScenario(scenario, tablesFor(scenario), {
        *reorder(events) {
          for (const event of shuffleEvents(events, below)) {
            yield event;
            if (chance(50)) yield 'program';
          }
        },
      });
      scenario.steps.forEach((step, i) => {
        const { canonical, faults } = run.play(step);
        expect([...canonical, ...faults], `step "${step.text}", seed ${seed}`).toEqual(ends[i]);
      });
    }
  });

  unless(scenario.orderMatters, 'ends there in any order of all its events', () => {
    const straight = startScenario(scenario, tablesFor(scenario));
    const end = scenario.steps.map((step) => straight.play(step)).at(-1)!;
    const flat = flattenScenario(scenario);
    for (const seed of seeds) {
      const { below, chance } = createRandom(seed);
      const tables = tablesFor(scenario);
      const run = startScenario(flat.scenario, tables);
      const order = shuffleEvents(flat.events, below);
      const events = order.flatMap((event) => (chance(50) ? [event, 'program' as const] : [event]));
      const { faults } = run.hear(scenario.found.length === 0 ? events : [...events, { type: 'synced' }]);
      expect([...canonicalDump(tables), ...faults], `seed ${seed}`).toEqual(end.canonical);
    }
  });

  unless(scenario.restartMatters, 'loses nothing in a restart, whichever source is late', () => {
    for (const { name, isLate } of lateSources) {
      const run = startScenario(scenario, tablesFor(scenario));
      scenario.steps.forEach((step) => {
        const { lines, translation } = run.play(step);
        // In the middle of a restart of its own another one would tell what the scenario holds back.
        if (!translation.synced) return;
        const listed = run.list();
        const where = `after step "${step.text}", late: ${name}`;
        run.restart(listed.filter((event, i) => !isLate(event, i)));
        expect(run.lines(), `${where}: before the sources have synced`).toEqual(lines);
        const { faults } = run.hear([...listed.filter(isLate), { type: 'synced' }]);
        expect(run.lines(), where).toEqual(lines);
        expect(faults, where).toEqual([]);
      });
    }
  });
});

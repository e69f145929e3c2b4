import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKernelTable, createMaglevTable } from '@lbx/core';
import { compareStep, parseScenario, startScenario } from '@lbx/k8s-sync/testing';
import { type AnyLayout, type AnyTable, serviceCatalog, type Tables } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { expect, it } from 'vitest';

const folder = join(import.meta.dirname, '../../k8s-sync/test/scenarios');

/** Kernel maps that nobody else sees; they go when they are closed. */
function openKernelTables(
  maxEntries: Readonly<Record<string, number>> = {},
  maglevSize = 251,
): { readonly tables: Tables } & Disposable {
  const maps: BpfMap[] = [];
  const tables = Object.values<AnyLayout>(serviceCatalog).map((layout): [string, AnyTable] => {
    const { name, type, flags, key, valueSize, inner } = layout;
    const map = BpfMap.create({
      name,
      type,
      flags,
      keySize: key.size,
      valueSize,
      maxEntries: maxEntries[name] ?? 1024,
      ...(inner === undefined ? {} : { innerSpec: { ...inner, keySize: 4, valueSize: 4 * maglevSize } }),
    });
    maps.push(map);
    return [
      name,
      inner === undefined ? createKernelTable(map, layout) : createMaglevTable(map, layout, maglevSize),
    ];
  });
  return {
    tables: Object.fromEntries(tables) as unknown as Tables,
    [Symbol.dispose]() {
      for (const map of maps) map[Symbol.dispose]();
    },
  };
}

describeKernel('scenarios on kernel maps', () => {
  it.each(readdirSync(folder).filter((file) => file.endsWith('.yaml')))('%s', (file) => {
    const scenario = parseScenario(readFileSync(join(folder, file), 'utf8'), file);
    const { maxEntries, maglevSize } = scenario.options;
    using kernel = openKernelTables(maxEntries, maglevSize);
    const run = startScenario(scenario, kernel.tables);
    const results = scenario.steps.map((step) => run.play(step));
    const differences = results.flatMap(compareStep);
    expect(differences.join('\n')).toBe('');
  });
});

import { expect, it } from 'vitest';
import type { PackageRow } from './package-row.ts';
import { packagesPage, untrue } from './packages-page.ts';

const core: PackageRow = {
  name: '@lbx/core',
  packedBytes: 200_400,
  unpackedBytes: 800_000,
  files: 12,
  dependencies: ['@lbx/maps', 'libbpf-ts'],
  main: { cpuMs: 30.4, wallMs: 40, native: [] } as unknown as NonNullable<PackageRow['main']>,
};
const maps: PackageRow = { ...core, name: '@lbx/maps', dependencies: [] };
const cli: PackageRow = { ...core, name: '@lbx/cli', main: undefined };
const page = packagesPage([core, maps, cli], 'a machine');

it('has a line for each package', () => {
  expect(page).toContain(
    '| @lbx/core | 200 kB | 800 kB | 12 | @lbx/maps, libbpf-ts | 30 ms | when the kernel is used |',
  );
  expect(page).toContain('| @lbx/maps | 200 kB | 800 kB | 12 | none | 30 ms | none |');
  expect(page).toContain('| a command | in commands that use the kernel |');
});

it('is true of what it was made from, and of what is nearly so', () => {
  expect(untrue(page, [core, maps, cli])).toEqual([]);
  const slower = { ...core.main!, cpuMs: 100 };
  expect(untrue(page, [{ ...core, packedBytes: 240_000, files: 13, main: slower }])).toEqual([]);
});

it.each<[string, Partial<PackageRow>, string]>([
  ['a third more bytes', { packedBytes: 280_000 }, 'packed: 200 kB, is 280 kB'],
  ['half as many', { unpackedBytes: 400_000 }, 'unpacked: 800 kB, is 400 kB'],
  [
    'one more that it needs',
    { dependencies: ['@lbx/maps', 'koffi', 'libbpf-ts'] },
    'needs: @lbx/maps, libbpf-ts, is',
  ],
  ['five times as long', { main: { ...core.main!, cpuMs: 150 } }, 'import: 30 ms, is 150 ms'],
  [
    'native code at once',
    { main: { ...core.main!, native: ['koffi.node'] } },
    'native code: when the kernel is used, is koffi',
  ],
  ['a package that is not there', { name: '@lbx/new' }, '@lbx/new is not in the table'],
])('%s is untrue', (_what, change, problem) => {
  expect(untrue(page, [{ ...core, ...change }])).toEqual([expect.stringContaining(problem)]);
});

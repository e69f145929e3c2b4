import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** Imports a package in a process of its own and says what that loaded. */
function importAlone(specifier: string): { sharedObjects: string[]; names: string[] } {
  const script = `
    const names = Object.keys(await import(${JSON.stringify(specifier)}));
    const { sharedObjects } = process.report.getReport();
    console.log(JSON.stringify({ sharedObjects, names }));`;
  const args = ['--conditions=@lbx/source', '--no-warnings', '--input-type=module', '--eval', script];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', cwd: import.meta.dirname }));
}

it.each(['@lbx/maps', '@lbx/maps/testing'])('importing %s loads no native code', (specifier) => {
  const { sharedObjects, names } = importAlone(specifier);
  expect(names.length).toBeGreaterThan(0);
  expect(sharedObjects.filter((path) => /\.node$|koffi|libbpf/.test(path))).toEqual([]);
});

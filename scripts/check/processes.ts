// Libraries start no programs; the command starts them without a shell, with a list of arguments.
import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { publicPackages } from '../release/public-packages.ts';
import type { Step } from './step.ts';

/** Ways to start a program that give a text to a shell. */
const shells = /import[^;]*\b(exec|execSync)\b[^;]*child_process|\bshell\s*:/;

/** A socket of another cgroup needs a process there: Node itself, without environment. */
const allowed = ['packages/core/src/probe/probe-sockets.ts'];

export const processes: Step = {
  name: 'processes',
  run: () => publicPackages().flatMap(({ folder }) => checkFolder(folder)),
};

function checkFolder(folder: string): string[] {
  const problems: string[] = [];
  for (const file of globSync(`${folder}/src/**/*.ts`).sort()) {
    // Kits for tests run commands in namespaces of their own.
    if (/\.(test|test-d)\.ts$|\/testing\//.test(file)) continue;
    const text = readFileSync(file, 'utf8');
    const imported = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
    if (!imported.some((name) => /^(node:)?child_process$/.test(name))) continue;
    if (folder !== 'packages/cli' && !allowed.includes(file))
      problems.push(`${file} starts programs: a library of ours does not`);
    else if (shells.test(text))
      problems.push(`${file} starts programs by a shell; use spawn or execFile with a list of arguments`);
  }
  return problems;
}

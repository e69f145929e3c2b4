// npm run check [-- NAME…]: lint, types, layering, what nobody uses, file sizes, links and code of the documentation, its
// site, packed packages, image, the first hour, prebuilt objects.
// Prints a line per step and, last, how many passed and failed.

import { codeBlocks } from './check/code-blocks.ts';
import { firstHourStep } from './check/first-hour.ts';
import { generatedDocs } from './check/generated.ts';
import { image } from './check/image.ts';
import { imports } from './check/imports.ts';
import { installs } from './check/installs.ts';
import { layering } from './check/layering.ts';
import { licences } from './check/licences.ts';
import { links } from './check/links.ts';
import { packages } from './check/packages.ts';
import { packagesPage } from './check/packages-page.ts';
import { processes } from './check/processes.ts';
import { site } from './check/site.ts';
import { sizes } from './check/sizes.ts';
import { command, type Step } from './check/step.ts';

// pnpm is the checkout's own (scripts/setup.sh); publint looks for it in PATH too.
process.env.PATH = `${process.cwd()}/.tools/node_modules/.bin:${process.env.PATH}`;

const steps: readonly Step[] = [
  command('lint', ['biome', 'check', '--error-on-warnings', '.']),
  command('types', ['tsc', '-p', 'tsconfig.json']),
  layering,
  command('unused', ['knip', '--no-config-hints', '--no-progress']),
  sizes,
  imports,
  licences,
  processes,
  links,
  codeBlocks,
  generatedDocs,
  site,
  ...packages,
  packagesPage,
  installs,
  image,
  firstHourStep,
  command('prebuilt objects', ['node', '--conditions=@lbx/source', 'scripts/build-bpf.ts', '--check']),
];

const wanted = process.argv.slice(2);
const chosen = steps.filter(
  (step) => wanted.length === 0 || wanted.some((name) => step.name.startsWith(name)),
);
if (chosen.length === 0) {
  console.error(
    `check: no step starts with '${wanted.join("', '")}'; there are: ${steps.map((step) => step.name).join(', ')}`,
  );
  process.exit(2);
}
let failed = 0;
let notRun = 0;
for (const step of chosen) {
  const why = step.notRun?.();
  if (why !== undefined) {
    console.log(`----  ${step.name}  (not run: ${why})`);
    notRun++;
    continue;
  }
  const started = performance.now();
  const problems = await step.run();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${problems.length === 0 ? 'pass' : 'FAIL'}  ${step.name}  (${seconds} s)`);
  for (const problem of problems) console.log(problem.replace(/^/gm, '      '));
  if (problems.length > 0) failed++;
}
console.log(`${chosen.length - notRun - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

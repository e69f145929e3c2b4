// npm run docs                      builds the site of the documentation into docs/dist
// npm run docs -- serve [--port N]  builds it and shows it on this machine
// npm run docs -- generate          makes its pictures and the page of performance anew
// npm run docs -- first-hour        plays the first hour (root; about a minute) and writes docs/first-hour.md and its quotes
// npm run docs -- measure [SUITE…]  runs benchmarks (root, a quiet machine), keeps their results in docs/measurements, and generates
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildSite, vitepress } from './docs/build-site.ts';
import { writeGenerated } from './docs/generated.ts';
import { markdownFiles, repository } from './docs/markdown-files.ts';
import { measure, suites } from './docs/measurements.ts';

function build(): boolean {
  const started = performance.now();
  const problem = buildSite();
  if (problem !== undefined) {
    console.error(`docs: ${problem}`);
    process.exitCode = 1;
    return false;
  }
  console.log(
    `docs: docs/dist is built (${((performance.now() - started) / 1000).toFixed(0)} s); any static server can show it`,
  );
  return true;
}

const [command = 'build', ...rest] = process.argv.slice(2);
switch (command) {
  case 'build':
    build();
    break;
  case 'serve':
    if (build())
      spawn(process.execPath, [vitepress, 'preview', join(repository, 'docs'), ...rest], {
        stdio: 'inherit',
      });
    break;
  case 'generate':
    for (const file of writeGenerated()) console.log(`docs: wrote ${file}`);
    break;
  case 'measure':
    for (const suite of rest.length > 0 ? rest : suites) {
      console.log(`docs: measuring ${suite}`);
      const problem = measure(suite);
      if (problem === undefined) continue;
      console.error(`docs: ${problem}`);
      process.exitCode = 1;
    }
    for (const file of writeGenerated()) console.log(`docs: wrote ${file}`);
    break;
  case 'first-hour': {
    // Loaded only here: it needs root and what tests need.
    const { firstHourFile, playFirstHour } = await import('./first-hour.ts');
    const { withQuotes } = await import('./first-hour/quotes.ts');
    // The packages are packed with the checkout's own pnpm (scripts/setup.sh).
    process.env.PATH = `${join(repository, '.tools/node_modules/.bin')}:${process.env.PATH}`;
    const page = await playFirstHour((line) => console.log(`$ ${line}`));
    for (const file of [firstHourFile, ...markdownFiles().map((name) => join(repository, name))]) {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      const wanted = file === firstHourFile ? page : withQuotes(text, page);
      if (wanted === text) continue;
      writeFileSync(file, wanted);
      console.log(`docs: wrote ${relative(repository, file)}`);
    }
    break;
  }
  default:
    console.error(`docs: no command '${command}'; there are: build, serve, generate, first-hour, measure`);
    process.exitCode = 2;
}

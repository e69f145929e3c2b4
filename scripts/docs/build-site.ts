// Builds the site of the documentation into docs/dist: lays out its pages, writes the API reference, runs VitePress.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { writeApi } from './api.ts';
import { repository } from './markdown-files.ts';
import { stage } from './stage.ts';

export const builtSite = join(repository, 'docs/dist');
export const vitepress = join(repository, 'docs/node_modules/vitepress/bin/vitepress.js');

/** Returns what went wrong, or undefined. Takes half a minute, most of it for the API's pages. */
export function buildSite(): string | undefined {
  stage();
  const problem = writeApi();
  if (problem !== undefined) return problem;
  const result = spawnSync(process.execPath, [vitepress, 'build', join(repository, 'docs')], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (result.error)
    return `VitePress could not be started: ${result.error.message}; is it installed? npm run docs does`;
  if (result.status === 0) return undefined;
  return `VitePress ended with ${result.status ?? result.signal}\n${result.stdout}${result.stderr}`;
}

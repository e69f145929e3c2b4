// The API reference: TypeDoc reads the sources and writes Markdown among the laid out pages.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { entryPoints } from './entry-points.ts';
import { repository } from './markdown-files.ts';
import { stagedPages } from './stage.ts';

/** Returns what went wrong, or undefined. */
export function writeApi(): string | undefined {
  const docs = join(repository, 'docs');
  const file = join(docs, '.cache/typedoc.json');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    JSON.stringify({
      plugin: ['typedoc-plugin-markdown', join(docs, '.vitepress/module-names.ts')],
      name: 'API',
      entryPoints: entryPoints().map((entry) => join(repository, entry.file)),
      tsconfig: join(repository, 'tsconfig.json'),
      basePath: repository,
      out: join(stagedPages, 'api'),
      readme: 'none',
      entryFileName: 'index',
      disableSources: true,
      excludeInternal: true,
      excludePrivate: true,
      hideBreadcrumbs: false,
      hidePageHeader: true,
      useCodeBlocks: true,
      parametersFormat: 'table',
      interfacePropertiesFormat: 'table',
      classPropertiesFormat: 'table',
      typeDeclarationFormat: 'table',
      enumMembersFormat: 'table',
      // The types of the sources are judged by `npm run check`.
      skipErrorChecking: true,
      logLevel: 'Warn',
    }),
  );
  const typedoc = join(docs, 'node_modules/typedoc/bin/typedoc');
  const result = spawnSync(process.execPath, [typedoc, '--options', file], { cwd: docs, encoding: 'utf8' });
  const output = `${result.stdout}${result.stderr}`.trim();
  if (result.status !== 0) return `typedoc ended with ${result.status ?? result.signal}\n${output}`;
  if (output !== '') console.log(output);
  return undefined;
}

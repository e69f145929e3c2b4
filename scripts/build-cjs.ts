// In a package's folder, after tsup: makes dist/*.cjs anew, one for each dist/*.js. tsup gives every entry point a bundle of its
// own where modules are CommonJS, so that require('@lbx/maps') and require('@lbx/maps/testing') had two of each class and
// twice the bytes; like this they share what import shares.
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

/** Files that are started as programs, not required. */
const programs = /-process\.js$/;
/** What `import.meta.url` is in CommonJS. */
const ownUrl = 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;';

for (const made of globSync('dist/*.cjs')) rmSync(made);
for (const unused of globSync('dist/*-process.d.*ts')) rmSync(unused);
for (const file of globSync('dist/*.js')) {
  if (programs.test(file)) continue;
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    // Default imports mean what they mean to Node in a module.
    sourcefile: file.replace(/\.js$/, '.mjs'),
    define: { 'import.meta.url': 'importMetaUrl' },
  });
  const required = code.replace(/\brequire\("(\.\/[\w.-]+)\.js"\)/g, 'require("$1.cjs")');
  const first = required.includes('importMetaUrl') ? `'use strict';\n${ownUrl}\n` : `'use strict';\n`;
  writeFileSync(file.replace(/\.js$/, '.cjs'), first + required);
}

// Writes docs/packages.md, from what is built.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRow } from './package-row.ts';
import { packagesPage } from './packages-page.ts';
import { publicPackages } from './public-packages.ts';

// pnpm is the checkout's own (scripts/setup.sh).
process.env.PATH = `${process.cwd()}/.tools/node_modules/.bin:${process.env.PATH}`;
const folder = mkdtempSync(join(tmpdir(), 'lbx-pack-'));
try {
  const rows = publicPackages().map((each) => packageRow(each, folder));
  const cpu =
    cpus()[0]
      ?.model.replace(/\s+/g, ' ')
      .replaceAll(/\((R|TM)\)/g, '') ?? 'an unknown processor';
  writeFileSync('docs/packages.md', packagesPage(rows, `${cpu}, Node ${process.versions.node}`));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

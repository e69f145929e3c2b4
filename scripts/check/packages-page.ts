// docs/packages.md says what the packages weigh.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRow } from '../release/package-row.ts';
import { untrue } from '../release/packages-page.ts';
import { publicPackages } from '../release/public-packages.ts';
import type { Step } from './step.ts';

export const packagesPage: Step = {
  name: 'packages page',
  run: () => {
    const folder = mkdtempSync(join(tmpdir(), 'lbx-pack-'));
    try {
      const rows = publicPackages().map((each) => packageRow(each, folder));
      const found = untrue(readFileSync('docs/packages.md', 'utf8'), rows);
      return found.length === 0
        ? []
        : [...found, 'look at what made the difference; if it is meant: node scripts/release/sizes.ts'];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

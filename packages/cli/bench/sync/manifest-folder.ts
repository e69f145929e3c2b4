import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { clusterObjects } from './objects.ts';

const servicesInFile = 100;

/** A folder of manifests with so many services, a hundred in a file. Removed when disposed. */
export function manifestFolder(
  services: number,
  format: 'yaml' | 'json',
): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'lbx-sync-'));
  for (let from = 0; from < services; from += servicesInFile) {
    const objects = clusterObjects(from, Math.min(services, from + servicesInFile), true);
    const text =
      format === 'json'
        ? JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
        : objects.map((object) => stringify(object)).join('---\n');
    writeFileSync(join(path, `services-${from}.${format}`), text);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

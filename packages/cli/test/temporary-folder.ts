import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own with these files, gone when disposed. */
export function temporaryFolder(files: Readonly<Record<string, string>> = {}): Disposable & {
  readonly path: string;
  file(name: string): string;
} {
  const path = mkdtempSync(join(tmpdir(), 'lbx-cli-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

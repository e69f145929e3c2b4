import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own with these files, gone when disposed. */
export function temporaryFolder(files: Readonly<Record<string, string>> = {}): Disposable & {
  readonly path: string;
  file(name: string): string;
  /** Writes a file in one step, so that nobody reads half of it. */
  write(name: string, text: string): void;
} {
  const path = mkdtempSync(join(tmpdir(), 'lbx-cli-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return {
    path,
    file: (name) => join(path, name),
    write(name, text) {
      const fresh = `${mkdtempSync(join(tmpdir(), 'lbx-cli-'))}`;
      writeFileSync(join(fresh, name), text);
      renameSync(join(fresh, name), join(path, name));
      rmSync(fresh, { recursive: true });
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

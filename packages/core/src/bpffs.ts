import { existsSync, mkdirSync, rmdirSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { CoreError } from './errors.ts';
import type { Undo } from './undo.ts';

/** Magic number of a BPF file system, from statfs(2). */
const bpffsMagic = 0xcafe4a11;

/** Is the existing path in a BPF file system? */
export const isBpffs = (path: string): boolean => statfsSync(path).type === bpffsMagic;

/** @throws CoreError `LBX_NO_BPFFS` when the folder (or, where it is missing, what it would lie in) is on another one. */
export function assertBpffs(folder: string): void {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  if (isBpffs(existing)) return;
  throw new CoreError(
    'LBX_NO_BPFFS',
    `the pin folder ${folder} is not in a BPF file system (${existing} is in another); ` +
      'mount one with `mount -t bpf bpf /sys/fs/bpf`, or pass a folder inside of one',
    { folder },
  );
}

/** Makes the folder of pins, which must lie in a BPF file system. @throws CoreError `LBX_NO_BPFFS`. */
export function createPinFolder(folder: string, undo: Undo): void {
  assertBpffs(folder);
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  undo.defer(() => {
    for (let made = folder; made.length >= first.length; made = dirname(made)) rmdirSync(made);
  });
}

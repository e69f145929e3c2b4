import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { execCommand } from './command.ts';
import { closeOnce, isAbandoned, type Resource, uniqueName } from './resource.ts';

const ROOT = '/sys/fs/bpf';

/** A folder of its own below /sys/fs/bpf. */
export interface BpffsFolder extends Resource {
  readonly path: string;
}

/** Makes a folder for pins, mounting bpffs at /sys/fs/bpf when it is missing (that mount stays). Close removes all pins in it. */
export function createBpffsFolder(label: string): BpffsFolder {
  // Under a lock: a second mount would lie on top of the first and hide what others have pinned there.
  execCommand('flock', [
    '/run/lbx-bpffs.lock',
    'sh',
    '-c',
    `grep -q ' ${ROOT} bpf ' /proc/mounts || mount -t bpf bpffs ${ROOT}`,
  ]);
  for (const name of readdirSync(ROOT))
    if (isAbandoned(name)) rmSync(`${ROOT}/${name}`, { recursive: true, force: true });
  const path = `${ROOT}/${uniqueName(label)}`;
  mkdirSync(path, { mode: 0o700 });
  const close = closeOnce(() => rmSync(path, { recursive: true, force: true }));
  return { path, close, [Symbol.dispose]: close };
}

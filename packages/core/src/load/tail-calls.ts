import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BpfMap } from 'libbpf-ts';
import type { Undo } from '../undo.ts';

/**
 * The kernel empties a program array when its last user-space reference goes, so that the arrays of attached programs
 * must stay pinned. While programs are replaced there are two of each: the new one gets a name of its own first, so that
 * a process that dies in between leaves neither the old nor the new programs without theirs.
 */
export interface TailCalls {
  /** The new programs are attached everywhere: lets go of the old ones' arrays. */
  commit(): void;
}

/** Pins the arrays of programs that are about to be attached. */
export function pinTailCalls(maps: readonly BpfMap[], pins: string, undo: Undo): TailCalls {
  const pinned = maps.map((map) => {
    const { name } = map;
    // A colon, because bpffs takes no dots.
    const fresh = join(pins, `${name}:${map.id}`);
    map.pin(fresh);
    undo.defer(() => map.unpin(fresh));
    return { name, fresh };
  });
  return {
    commit() {
      for (const { name, fresh } of pinned) {
        // bpffs renames over an existing pin.
        renameSync(fresh, join(pins, name));
        for (const file of readdirSync(pins))
          if (file.startsWith(`${name}:`)) rmSync(join(pins, file), { force: true });
      }
    },
  };
}

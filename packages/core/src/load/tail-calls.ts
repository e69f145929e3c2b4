import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { BpfObject } from 'libbpf-ts';

const name = 'lbx_xdp_calls';

/**
 * The kernel empties a program array when its last user-space reference goes, so that the array of attached programs
 * must stay pinned. To be called after the new programs are attached: the old array's programs are no longer run then.
 */
export function pinTailCalls(xdp: BpfObject, pins: string): void {
  const path = join(pins, name);
  const map = xdp.map(name);
  if (!existsSync(path)) {
    map.pin(path);
    return;
  }
  // bpffs renames over an existing pin, so that there is no moment without one.
  const fresh = `${path}.new`;
  map.pin(fresh);
  renameSync(fresh, path);
}

import { existsSync, readdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Link } from 'libbpf-ts';
import { openProgram } from './program-pins.ts';

const ourNames = /^(xdp|tc_ingress|tc_egress|tc_to_pod|tc_from_pod|cgroup)_/;
/** A link that is gone already, and a kind that only goes with its last pin and fd. */
const harmless: ReadonlySet<unknown> = new Set(['ENOLINK', 'ENOENT', 'ENOTSUP', 'EOPNOTSUPP']);

/**
 * Detaches the pinned links of lbx in a folder and removes their pins, but for those to keep. Links whose device, cgroup
 * or network namespace is gone only lose their pin. What others pinned there stays. Returns the names.
 */
export function removeLinks(folder: string, keep: ReadonlySet<string> = new Set()): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .filter((name) => ourNames.test(name) && !keep.has(name) && removeLink(join(folder, name)));
}

/** False for a pin that is not ours. */
function removeLink(path: string): boolean {
  const link = openLink(path);
  if (link === undefined) return false;
  try {
    if (!runsOurs(link, dirname(dirname(path)))) return false;
    try {
      link.detach();
    } catch (error) {
      if (!harmless.has((error as { code?: unknown }).code)) throw error;
    }
    unlinkSync(path);
    return true;
  } finally {
    link[Symbol.dispose]();
  }
}

function openLink(path: string): Link | undefined {
  try {
    return Link.openPinned(path);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'LBX_WRONG_KIND') return undefined;
    throw error;
  }
}

function runsOurs(link: Link, pins: string): boolean {
  using program = openProgram(link.info().programId, pins);
  return program.name.startsWith('lbx_');
}

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Link, type LinkInfo } from 'libbpf-ts';
import { readPin } from '../remove/read-pin.ts';
import type { ForeignPin } from '../remove/removal.ts';
import { linkFolder } from './link-folder.ts';
import { openProgram } from './program-pins.ts';

/** A pinned link whose program is of lbx. */
export interface FoundLink {
  readonly name: string;
  readonly path: string;
  readonly info: LinkInfo;
  readonly program: string;
}

const ourNames = /^(xdp|tc_ingress|tc_egress|tc_to_pod|tc_from_pod|cgroup)_/;

/** The links of lbx with a folder of pins, and what else lies beside them. */
export function findLinks(pins: string): {
  readonly ours: readonly FoundLink[];
  readonly foreign: readonly ForeignPin[];
} {
  const ours: FoundLink[] = [];
  const foreign: ForeignPin[] = [];
  const folder = linkFolder(pins);
  if (!existsSync(folder)) return { ours, foreign };
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const { name } = entry;
    const path = join(folder, name);
    if (!ourNames.test(name)) {
      foreign.push({ path, why: 'a name that lbx does not use' });
      continue;
    }
    const found = readPin(entry, 'link', () => readLink(path, pins));
    if (found === 'gone') continue;
    if ('why' in found) foreign.push({ path, why: found.why });
    else if (!found.program.startsWith('lbx_'))
      foreign.push({ path, why: `runs ${found.program} (id ${found.info.programId}), which is none of lbx` });
    else ours.push({ name, path, ...found });
  }
  return { ours: ours.sort((a, b) => (a.name < b.name ? -1 : 1)), foreign };
}

function readLink(path: string, pins: string): Pick<FoundLink, 'info' | 'program'> {
  using link = Link.openPinned(path);
  const info = link.info();
  using program = openProgram(info.programId, pins);
  return { info, program: program.name };
}

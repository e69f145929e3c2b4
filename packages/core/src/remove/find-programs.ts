import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BpfProgram } from 'libbpf-ts';
import { programFolder } from '../attach/program-pins.ts';
import { type PinReading, readPin } from './read-pin.ts';
import type { ForeignPin } from './removal.ts';

/** The pin of a program of lbx, under its id. */
export interface FoundProgram extends PinReading {
  readonly path: string;
}

/** The pins of programs, and what else lies beside them. */
export function findPrograms(pins: string): {
  readonly ours: readonly FoundProgram[];
  readonly foreign: readonly ForeignPin[];
} {
  const ours: FoundProgram[] = [];
  const foreign: ForeignPin[] = [];
  const folder = programFolder(pins);
  if (!existsSync(folder)) return { ours, foreign };
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const found = readPin(entry, 'program', () => readProgram(path));
    if (found === 'gone') continue;
    if ('why' in found) foreign.push({ path, why: found.why });
    else if (entry.name !== String(found.id) || !found.name.startsWith('lbx_'))
      foreign.push({ path, why: `the program ${found.name} (id ${found.id}), which is none of lbx` });
    else ours.push({ ...found, path });
  }
  return { ours: ours.sort((a, b) => a.id - b.id), foreign };
}

function readProgram(path: string): PinReading {
  using program = BpfProgram.openPinned(path);
  return { id: program.info().id, name: program.name };
}

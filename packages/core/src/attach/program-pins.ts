import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BpfProgram } from 'libbpf-ts';
import type { Undo } from '../undo.ts';

/**
 * Folder below the folder of pins where the programs that are attached lie under their ids. The kernel gives a program by
 * its id only to who has CAP_SYS_ADMIN; a pin it gives to who may enter the folder.
 */
export const programFolder = (pins: string): string => join(pins, 'programs');

const pinOf = (id: number, pins: string) => join(programFolder(pins), String(id));

/** Pins a program that is about to be attached. The folder must be there. */
export function pinProgram(program: BpfProgram, pins: string, undo: Undo): void {
  const path = pinOf(program.info().id, pins);
  if (existsSync(path)) return;
  program.pin(path);
  undo.defer(() => rmSync(path));
}

/**
 * A program by its id: one of ours by its pin.
 * @throws BpfError EPERM for one that has no pin, without CAP_SYS_ADMIN.
 */
export function openProgram(id: number, pins: string | undefined): BpfProgram {
  const path = pins === undefined ? undefined : pinOf(id, pins);
  return path !== undefined && existsSync(path) ? BpfProgram.openPinned(path) : BpfProgram.fromId(id);
}

/** Names of the attached programs by their ids, which the kernel tells only who has CAP_SYS_ADMIN or enters the folder. */
export function pinnedProgramNames(pins: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const folder = programFolder(pins);
  for (const id of existsSync(folder) ? readdirSync(folder) : []) {
    using program = BpfProgram.openPinned(join(folder, id));
    names.set(Number(id), program.name);
  }
  return names;
}

/** Removes the pins of programs that are attached no longer. */
export function dropPrograms(pins: string, attached: ReadonlySet<number>): void {
  const folder = programFolder(pins);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder))
    if (/^\d+$/.test(name) && !attached.has(Number(name))) rmSync(join(folder, name));
}

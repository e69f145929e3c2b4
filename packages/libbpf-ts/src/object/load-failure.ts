import { closeSync } from 'node:fs';
import { BpfError, LoadError, VerifierError } from '../errors.ts';
import { memoryHint, permissionHint } from '../hint.ts';
import { createMapFd, neededFor } from '../map/map-create.ts';
import { errnoNumber } from '../sys/errno.ts';
import type { MapPlan } from './configure-maps.ts';
import { verifierCause } from './verifier-log.ts';

const EPERM = errnoNumber('EPERM');
const EACCES = errnoNumber('EACCES');

/**
 * Finds out where loading stopped. libbpf gives an errno and no place: a program that was refused left a log; a map that
 * cannot be made cannot be made by a second try either.
 */
export function explainLoadFailure(
  errno: number,
  object: string,
  maps: readonly MapPlan[],
  logs: ReadonlyMap<string, string>,
): LoadError {
  const operation = 'load object';
  // Programs are loaded one after the other; with a log level, those before the refused one have logs as well.
  const refused = [...logs].findLast(([, log]) => log !== '');
  if (refused !== undefined) {
    const [program, log] = refused;
    const hint = permissionHint(errno, ['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON']);
    return new VerifierError({
      errno,
      operation,
      object: `${object}, program ${program}`,
      program,
      log,
      causeLine: verifierCause(log),
      hint,
    });
  }
  for (const { wanted, reused } of maps) {
    const failure = reused || wanted.section !== undefined ? undefined : tryMap(wanted);
    if (failure === undefined) continue;
    const hint = memoryHint(failure.errno, neededFor(wanted));
    return new LoadError({
      errno: failure.errno,
      operation,
      object: failure.object,
      stage: 'map',
      item: wanted.name,
      hint,
      cause: failure,
    });
  }
  const gap = slotOfUnloaded(maps, logs);
  if (gap !== undefined) {
    const hint = `load program ${gap.program} too, or leave the slot empty in the object and fill it with setProgram()`;
    const detail = `its slot ${gap.index} is for program ${gap.program}, which is not loaded`;
    return new LoadError({
      errno,
      operation,
      object: `${object}, map ${gap.map}`,
      stage: 'map',
      item: gap.map,
      detail,
      hint,
    });
  }
  if (Math.abs(errno) === EPERM || Math.abs(errno) === EACCES) {
    const hint = memoryHint(errno, ['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON']);
    return new LoadError({ errno, operation, object, stage: 'program', hint });
  }
  const hint =
    'neither a map nor the verifier refused it: most likely something it refers to is missing in this kernel (an extern, ' +
    'a kernel type of a CO-RE relocation, a program or attach type)';
  return new LoadError({ errno, operation, object, stage: 'relocation', hint });
}

function tryMap(wanted: MapPlan['wanted']): BpfError | undefined {
  try {
    closeSync(createMapFd(wanted));
    return undefined;
  } catch (error) {
    if (error instanceof BpfError) return error;
    throw error;
  }
}

/** A slot of a program array that the object fills with a program whose autoload is off. `logs` has those that are on. */
function slotOfUnloaded(maps: readonly MapPlan[], logs: ReadonlyMap<string, string>) {
  for (const { wanted } of maps) {
    const slot =
      wanted.type === 'prog_array' ? wanted.values?.find(({ name }) => !logs.has(name)) : undefined;
    if (slot !== undefined) return { map: wanted.name, index: slot.index, program: slot.name };
  }
  return undefined;
}

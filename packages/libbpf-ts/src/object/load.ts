import { basename } from 'node:path';
import { Cleanup } from '../cleanup.ts';
import { LibbpfError, LoadError } from '../errors.ts';
import { BpfMap } from '../map/map.ts';
import { BpfProgram } from '../program/program.ts';
import { attachTypeName, attachTypes } from '../program-type.ts';
import type { ObjectSpec } from '../spec/object-spec.ts';
import { parseObject } from '../spec/parse-object.ts';
import { readObjectFile } from '../spec/read-object-file.ts';
import { duplicateFd } from '../sys/duplicate-fd.ts';
import { errnoNumber } from '../sys/errno.ts';
import { keepAlive } from '../sys/libc.ts';
import { withoutSignals } from '../sys/without-signals.ts';
import { BpfObject, type LoadedParts } from './bpf-object.ts';
import { configureMaps, type MapPlan } from './configure-maps.ts';
import { LibbpfObject } from './libbpf-object.ts';
import { explainLoadFailure } from './load-failure.ts';
import type { LoadOptions } from './load-options.ts';
import { list, setVariables } from './set-variables.ts';
import { logText } from './verifier-log.ts';

const ENOSPC = errnoNumber('ENOSPC');
const defaultLogSize = 1 << 20;
/** Log of a refusal that did not fit the first time. */
const largeLogSize = 1 << 26;

/**
 * Loads a compiled BPF object (its bytes or path): makes its maps, sets its variables, has its programs verified. Takes
 * milliseconds and is synchronous. Either all of it is loaded, or nothing is left.
 *
 * @throws VerifierError, LoadError with its stage and map or program; MapMismatchError for a map to reuse that is
 *   another; LibbpfError with LBX_LIBBPF_MISSING, LBX_NOT_ELF, LBX_UNKNOWN_MAP, LBX_UNKNOWN_PROGRAM,
 *   LBX_UNKNOWN_VARIABLE, LBX_VARIABLE_SIZE.
 */
export function load(elf: Uint8Array | string, options: LoadOptions = {}): BpfObject {
  const name = typeof elf === 'string' ? basename(elf).replace(/(?:\.bpf)?\.o$/, '') : 'object';
  const spec = parseObject(elf);
  const bytes = typeof elf === 'string' ? readObjectFile(elf) : elf;
  assertKnown('LBX_UNKNOWN_MAP', 'map', name, spec.maps, options.maps);
  assertKnown('LBX_UNKNOWN_PROGRAM', 'program', name, spec.programs, options.programs);
  const logSize = options.logSize ?? defaultLogSize;
  try {
    return loadOnce(bytes, name, spec, options, logSize);
  } catch (error) {
    const truncated = error instanceof LoadError && error.errno === ENOSPC && error.stage === 'program';
    if (!truncated || logSize >= largeLogSize) throw error;
    return loadOnce(bytes, name, spec, options, largeLogSize, error.item);
  }
}

/** @param largeFor - the only program to get a log of `logSize`; the others have the default. */
function loadOnce(
  bytes: Uint8Array,
  name: string,
  spec: ObjectSpec,
  options: LoadOptions,
  logSize: number,
  largeFor?: string,
): BpfObject {
  using opened = new LibbpfObject(bytes, name, options.kernelBtf);
  using stack = new Cleanup();
  const maps = configureMaps(opened, spec, options, stack);
  setVariables(opened, spec, options.variables ?? {});
  const size = (program: string) =>
    largeFor === undefined || program === largeFor ? logSize : defaultLogSize;
  const buffers = configurePrograms(opened, options, size);
  const result = withoutSignals(() => opened.api.bpf_object__load(opened.pointer));
  for (const buffer of buffers.values()) keepAlive(buffer);
  const logs = new Map([...buffers].map(([program, buffer]) => [program, logText(buffer)]));
  if (result < 0) throw explainLoadFailure(result, name, maps, logs);
  return adopt(opened, spec, maps, options, logs);
}

function configurePrograms(
  object: LibbpfObject,
  options: LoadOptions,
  size: (program: string) => number,
): Map<string, Buffer> {
  const { api } = object;
  const buffers = new Map<string, Buffer>();
  for (const [name, program] of object.programs) {
    const { autoload, expectedAttachType } = options.programs?.[name] ?? {};
    const check = (errno: number, operation: string) => {
      if (errno < 0) throw new LoadError({ errno, operation, object: name, stage: 'program', item: name });
    };
    if (autoload !== undefined)
      check(api.bpf_program__set_autoload(program, autoload), 'set autoload of program');
    if (expectedAttachType !== undefined) {
      check(
        api.bpf_program__set_expected_attach_type(program, attachTypes[expectedAttachType]),
        'set the attach type of program',
      );
    }
    if (!api.bpf_program__autoload(program)) continue;
    // Zeroed by the kernel page by page as it is written: a log that stays empty costs nothing.
    const buffer = Buffer.alloc(size(name));
    buffers.set(name, buffer);
    check(api.bpf_program__set_log_buf(program, buffer, buffer.byteLength), 'give a log buffer to program');
    if (options.logLevel)
      check(api.bpf_program__set_log_level(program, options.logLevel), 'set the log level of program');
  }
  return buffers;
}

/** Takes fds of its own, so that libbpf's object can be closed, and pins what is to be pinned. */
function adopt(
  object: LibbpfObject,
  spec: ObjectSpec,
  plans: readonly MapPlan[],
  options: LoadOptions,
  logs: ReadonlyMap<string, string>,
): BpfObject {
  using undo = new Cleanup();
  const parts: LoadedParts = { name: object.name, spec, maps: new Map(), programs: new Map(), logs };
  for (const [name, pointer] of object.programs) {
    const fd = object.api.bpf_program__autoload(pointer) ? object.api.bpf_program__fd(pointer) : -1;
    if (fd < 0) continue;
    const type = object.api.bpf_program__expected_attach_type(pointer);
    const expectedAttachType =
      options.programs?.[name]?.expectedAttachType ?? spec.programs.get(name)?.expectedAttachType;
    const origin = {
      name,
      expectedAttachType: expectedAttachType ?? (type === 0 ? undefined : attachTypeName(type)),
    };
    parts.programs.set(name, undo.use(BpfProgram.adoptFd(duplicateFd(fd, name), origin)));
  }
  for (const {
    spec: { name },
    pin,
  } of plans) {
    const pointer = object.maps.get(name);
    const fd = pointer === undefined ? -1 : object.api.bpf_map__fd(pointer);
    if (fd < 0) continue;
    const map = undo.use(BpfMap.adoptFd(duplicateFd(fd, name), name));
    parts.maps.set(name, map);
    if (pin === undefined) continue;
    map.pin(pin);
    undo.defer(() => map.unpin(pin));
  }
  undo.keep();
  return new BpfObject(parts);
}

function assertKnown(
  code: 'LBX_UNKNOWN_MAP' | 'LBX_UNKNOWN_PROGRAM',
  kind: string,
  object: string,
  known: ReadonlyMap<string, unknown>,
  given: object | undefined,
): void {
  for (const name of Object.keys(given ?? {})) {
    if (!known.has(name))
      throw new LibbpfError(code, `${object} has no ${kind} ${name}; it has: ${list(known.keys())}`);
  }
}

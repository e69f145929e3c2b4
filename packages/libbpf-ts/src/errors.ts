import { errnoName, errnoText } from './sys/errno.ts';

/** Own conditions of this package, besides errno names. Stable: match on them, not on classes. */
export type LibbpfErrorCode =
  | 'LBX_LIBBPF_MISSING'
  | 'LBX_PLATFORM'
  | 'LBX_UNKNOWN_VARIABLE'
  | 'LBX_VARIABLE_SIZE'
  | 'LBX_UNKNOWN_MAP'
  | 'LBX_UNKNOWN_PROGRAM'
  | 'LBX_UNKNOWN_TYPE'
  | 'LBX_MAP_MISMATCH'
  | 'LBX_WRONG_KIND'
  | 'LBX_BUFFER_SIZE'
  | 'LBX_CLOSED'
  | 'LBX_NOT_SUPPORTED';

/** What every error of this package has. `hint` says what to do next and is part of `message` already. */
export class LibbpfError extends Error {
  override readonly name: string = 'LibbpfError';
  /** An errno name ("EPERM") or one of {@link LibbpfErrorCode}. */
  readonly code: string;
  readonly hint?: string;

  constructor(
    code: LibbpfErrorCode | (string & {}),
    message: string,
    options?: { hint?: string | undefined; cause?: unknown },
  ) {
    const hint = options?.hint;
    super(
      hint === undefined ? message : `${message}\n  hint: ${hint}`,
      options?.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    if (hint !== undefined) this.hint = hint;
  }
}

/** What {@link BpfError} and its children are made from. */
export interface BpfErrorFields {
  /** Positive errno; negative ones (as libbpf returns them) are taken as well. */
  readonly errno: number;
  /** What was tried, as a phrase: "create map", "attach XDP". */
  readonly operation: string;
  /** On what: a map, program, path or interface, as a person would name it. */
  readonly object: string;
  readonly hint?: string | undefined;
  /** Said in place of the plain errno text. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

/** The kernel or libbpf refused an operation. `code` is the errno's name. */
export class BpfError extends LibbpfError {
  override readonly name: string = 'BpfError';
  readonly errno: number;
  readonly operation: string;
  readonly object: string;

  constructor(fields: BpfErrorFields) {
    const errno = Math.abs(fields.errno);
    const code = errnoName(errno);
    const what = fields.object === '' ? fields.operation : `${fields.operation} ${fields.object}`;
    super(code, `${what}: ${code} (${fields.detail ?? errnoText(errno)})`, {
      hint: fields.hint,
      cause: fields.cause,
    });
    this.errno = errno;
    this.operation = fields.operation;
    this.object = fields.object;
  }
}

/** A batch stopped in the middle: the first `done` entries of what was given are in the map. */
export class BatchError extends BpfError {
  override readonly name: string = 'BatchError';
  readonly done: number;

  constructor(fields: BpfErrorFields & { readonly done: number; readonly count: number }) {
    super({
      ...fields,
      detail: `${fields.detail ?? errnoText(fields.errno)}; ${fields.done} of ${fields.count} entries were done before`,
    });
    this.done = fields.done;
  }
}

/** This kernel (or libbpf) does not have the feature. */
export class NotSupportedError extends BpfError {
  override readonly name: string = 'NotSupportedError';
  readonly feature: string;
  /** First kernel version that has it, like "6.6". */
  readonly since?: string;

  constructor(fields: BpfErrorFields & { readonly feature: string; readonly since?: string | undefined }) {
    const since = fields.since === undefined ? '' : ` (Linux ${fields.since} or newer)`;
    super({ ...fields, detail: `this kernel has no ${fields.feature}${since}` });
    this.feature = fields.feature;
    if (fields.since !== undefined) this.since = fields.since;
  }
}

export type LoadStage = 'elf' | 'btf' | 'map' | 'program' | 'relocation';

/** Loading an object stopped. Nothing of it is left: no fd, no pin. */
export class LoadError extends BpfError {
  override readonly name: string = 'LoadError';
  readonly stage: LoadStage;
  /** The map or program it stopped at, where that is known. */
  readonly item?: string;
  /** What the kernel wrote about it; may be empty. */
  readonly log: string;

  constructor(
    fields: BpfErrorFields & {
      readonly stage: LoadStage;
      readonly item?: string | undefined;
      readonly log?: string | undefined;
    },
  ) {
    super(fields);
    this.stage = fields.stage;
    if (fields.item !== undefined) this.item = fields.item;
    this.log = fields.log ?? '';
  }
}

/** The verifier refused a program. `message` has its one-line cause; `toString(true)` adds the whole log. */
export class VerifierError extends LoadError {
  override readonly name: string = 'VerifierError';
  readonly program: string;
  readonly causeLine: string;

  constructor(
    fields: Omit<BpfErrorFields, 'detail'> & {
      readonly program: string;
      readonly causeLine: string;
      readonly log: string;
    },
  ) {
    super({ ...fields, stage: 'program', item: fields.program, detail: `verifier: ${fields.causeLine}` });
    this.program = fields.program;
    this.causeLine = fields.causeLine;
  }

  override toString(full = false): string {
    return full ? `${super.toString()}\n${this.log}` : super.toString();
  }
}

/** An existing map is not what was expected; `differences` lists all of them at once. */
export class MapMismatchError extends LibbpfError {
  override readonly name: string = 'MapMismatchError';
  readonly map: string;
  readonly differences: readonly string[];

  constructor(map: string, differences: readonly string[], hint?: string) {
    super('LBX_MAP_MISMATCH', `map ${map} is not what was expected: ${differences.join('; ')}`, { hint });
    this.map = map;
    this.differences = differences;
  }
}

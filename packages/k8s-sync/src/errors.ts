/** Codes of the errors of this package. Match on them, not on classes: two copies of the package may be loaded. */
export type SyncErrorCode =
  | 'LBX_BAD_OPTION'
  | 'LBX_BAD_OBJECT'
  | 'LBX_FRONTEND_CONFLICT'
  | 'LBX_HEALTH_PORT'
  | 'LBX_BAD_MANIFEST'
  | 'LBX_DUPLICATE_MANIFEST'
  | 'LBX_DUPLICATE_OBJECT'
  | 'LBX_RECORDING'
  | 'LBX_MANIFEST_FOLDER'
  | 'LBX_KUBECONFIG'
  | 'LBX_API_SERVER'
  | 'LBX_LISTENER'
  | 'LBX_SOURCE_STATE'
  | 'LBX_BAD_SCENARIO';

/** What every error of this package has. */
export abstract class SyncError extends Error {
  abstract readonly code: SyncErrorCode;
}

/** An option that does not exist, is missing, or has a value that it does not take. */
export class BadOptionError extends SyncError {
  override readonly name = 'BadOptionError';
  readonly code = 'LBX_BAD_OPTION';
  /** The function that was given it, "clusterSource". */
  readonly of: string;
  /** Name of the option; empty for the options as a whole. */
  readonly option: string;
  readonly value: unknown;

  constructor(of: string, option: string, value: unknown, problem: string) {
    super(`${[of, option].filter((part) => part !== '').join(': ')}: ${problem}`);
    this.of = of;
    this.option = option;
    this.value = value;
  }
}

/** A field of a Kubernetes object that cannot be used. The rest of the object, and all others, stay in force. */
export class BadObjectError extends SyncError {
  override readonly name = 'BadObjectError';
  readonly code = 'LBX_BAD_OBJECT';
  readonly kind: string;
  readonly namespace: string;
  readonly objectName: string;
  /** Path of the field, "spec.ports[2].port"; "" for the object as a whole. */
  readonly field: string;
  /** True if nothing of this version of the object was used: the last good version, if any, stays in force. */
  readonly refused: boolean;
  /** Where the object came from ("web.yaml:12"), if its source said so. */
  readonly origin: string | undefined;

  constructor(detail: {
    kind: string;
    namespace: string;
    objectName: string;
    field: string;
    reason: string;
    refused: boolean;
    origin?: string | undefined;
    cause?: unknown;
  }) {
    const where = detail.origin === undefined ? '' : ` (${detail.origin})`;
    const field = detail.field === '' ? '' : `${detail.field}: `;
    const effect = detail.refused ? 'the object is not used' : 'this part is skipped';
    super(
      `${detail.kind} ${detail.namespace}/${detail.objectName}${where}: ${field}${detail.reason}; ${effect}`,
      detail.cause === undefined ? undefined : { cause: detail.cause },
    );
    this.kind = detail.kind;
    this.namespace = detail.namespace;
    this.objectName = detail.objectName;
    this.field = detail.field;
    this.refused = detail.refused;
    this.origin = detail.origin;
  }
}

/**
 * Two Services, or Pods with host ports, claim the same address, port and protocol. A Service goes before a Pod, then the
 * older one has it, then the first by name.
 */
export class FrontendConflictError extends SyncError {
  override readonly name = 'FrontendConflictError';
  readonly code = 'LBX_FRONTEND_CONFLICT';
  /** "203.0.113.10:80/TCP" */
  readonly frontend: string;
  /** "namespace/name" of the Service, or "Pod namespace/name", that serves it. */
  readonly winner: string;
  /** The one that does not. */
  readonly loser: string;

  constructor(frontend: string, winner: string, loser: string) {
    super(
      `${winner} and ${loser} both claim ${frontend}: ${winner} has it; give one of them another address or port`,
    );
    this.frontend = frontend;
    this.winner = winner;
    this.loser = loser;
  }
}

/** A manifest file that cannot be read or parsed; what it last said stays in force. */
export class BadManifestError extends SyncError {
  override readonly name = 'BadManifestError';
  readonly code = 'LBX_BAD_MANIFEST';
  readonly file: string;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly reason: string;

  constructor(
    file: string,
    reason: string,
    position: { line?: number | undefined; column?: number | undefined } = {},
  ) {
    const line = position.line === undefined ? '' : `:${position.line}`;
    const column = position.line === undefined || position.column === undefined ? '' : `:${position.column}`;
    super(`${file}${line}${column}: ${reason}`);
    this.file = file;
    this.line = position.line;
    this.column = position.column;
    this.reason = reason;
  }
}

/** One object in two manifests: the one in `file` counts. */
export class DuplicateManifestError extends SyncError {
  override readonly name = 'DuplicateManifestError';
  readonly code = 'LBX_DUPLICATE_MANIFEST';
  readonly object: string;
  readonly file: string;
  readonly otherFile: string;

  constructor(object: string, file: string, otherFile: string) {
    super(
      file === otherFile
        ? `${object} is twice in ${file}: the first one counts; remove the other`
        : `${object} is in ${file} and in ${otherFile}: the one in ${file} counts; remove the other`,
    );
    this.object = object;
    this.file = file;
    this.otherFile = otherFile;
  }
}

/** One object in two merged sources: that of `source` counts. */
export class DuplicateObjectError extends SyncError {
  override readonly name = 'DuplicateObjectError';
  readonly code = 'LBX_DUPLICATE_OBJECT';
  readonly object: string;
  readonly source: string;
  readonly otherSource: string;

  constructor(object: string, source: string, otherSource: string) {
    super(
      `${object} is in ${source} and in ${otherSource}: the one in ${source} counts, because it comes first; remove the other`,
    );
    this.object = object;
    this.source = source;
    this.otherSource = otherSource;
  }
}

/** A recording cannot be written, or read beyond a certain line. */
export class RecordingError extends SyncError {
  override readonly name = 'RecordingError';
  readonly code = 'LBX_RECORDING';
  readonly recording: string;
  readonly line: number | undefined;

  constructor(recording: string, message: string, detail: { line?: number; cause?: unknown } = {}) {
    super(
      `Recording ${recording}${detail.line === undefined ? '' : `, line ${detail.line}`}: ${message}`,
      detail.cause === undefined ? undefined : { cause: detail.cause },
    );
    this.recording = recording;
    this.line = detail.line;
  }
}

/** The folder of manifests is missing, is no folder, or cannot be read or watched. */
export class ManifestFolderError extends SyncError {
  override readonly name = 'ManifestFolderError';
  readonly code = 'LBX_MANIFEST_FOLDER';
  readonly folder: string;

  constructor(folder: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.folder = folder;
  }
}

/** The kubeconfig (or what was given instead) does not say how to reach the API server. */
export class KubeconfigError extends SyncError {
  override readonly name = 'KubeconfigError';
  readonly code = 'LBX_KUBECONFIG';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** A request to the API server failed; the source tries again by itself. */
export class ApiServerError extends SyncError {
  override readonly name = 'ApiServerError';
  readonly code = 'LBX_API_SERVER';
  readonly kind: string;
  /** HTTP status, or the code of a Status object in a watch; undefined if there was no answer. */
  readonly status: number | undefined;
  /** `reason` of the Status object ("Expired", "Forbidden"). */
  readonly reason: string | undefined;
  /** What the server asked us to wait. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: string,
    message: string,
    detail: {
      status?: number | undefined;
      reason?: string | undefined;
      retryAfterSeconds?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(`${kind}: ${message}`, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.kind = kind;
    this.status = detail.status;
    this.reason = detail.reason;
    this.retryAfterSeconds = detail.retryAfterSeconds;
  }
}

/** The listener of a source threw; the event is lost to it, the source goes on. */
export class ListenerError extends SyncError {
  override readonly name = 'ListenerError';
  readonly code = 'LBX_LISTENER';

  constructor(source: string, cause: unknown) {
    super(`The listener of ${source} threw: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** A source was started twice, or after it was closed. */
export class SourceStateError extends SyncError {
  override readonly name = 'SourceStateError';
  readonly code = 'LBX_SOURCE_STATE';
}

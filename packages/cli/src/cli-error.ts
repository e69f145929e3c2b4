/** Codes of errors that commands raise themselves. */
export type CliErrorCode =
  /** Flags that do not go together. */
  | 'LBX_BAD_FLAG'
  /** A configuration file or variable of the agent is not what it must be. */
  | 'LBX_BAD_CONFIG'
  /** A program that lbx started failed. */
  | 'LBX_COMMAND'
  | 'LBX_DEMO_RUNNING'
  /** A file cannot be read, or is not what it must be. */
  | 'LBX_BAD_FILE'
  /** One line of the input is not what it must be. */
  | 'LBX_BAD_LINE'
  /** Metrics cannot be served where they are asked for; told, and tried again. */
  | 'LBX_METRICS_PORT'
  /** A folder of manifests has nothing to serve, only problems. */
  | 'LBX_NOTHING_THERE'
  /** No maps are pinned where they were looked for. */
  | 'LBX_NOTHING_PINNED'
  /** Nobody knows the names of services. */
  | 'LBX_NO_NAMES'
  | 'LBX_UNKNOWN_SERVICE'
  /** A source of services does not tell all that it has. */
  | 'LBX_NO_ANSWER'
  /** A service account was asked for outside of a pod. */
  | 'LBX_NOT_IN_CLUSTER'
  /** Frontends of an earlier process stay, because objects that they may belong to cannot be read. */
  | 'LBX_KEPT_UNREAD'
  /** An agent runs on the pins that were to be removed. */
  | 'LBX_PINS_IN_USE'
  | 'LBX_NOT_ROOT';

/** An error of a command; the message is all that the user sees, so it says what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;
  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

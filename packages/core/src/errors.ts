/** Codes of the errors that `@lbx/core` raises itself; errors of libbpf-ts and @lbx/maps pass through with their own. */
export type CoreErrorCode =
  | 'LBX_BAD_OPTION'
  | 'LBX_NOT_ROOT'
  | 'LBX_NO_BPFFS'
  | 'LBX_NO_CGROUP2'
  | 'LBX_NO_DEVICE'
  | 'LBX_NO_NODE_ADDRESS'
  | 'LBX_HOOK_TAKEN'
  | 'LBX_NO_NATIVE_XDP'
  | 'LBX_PIN_MISMATCH'
  | 'LBX_PINS_IN_USE'
  | 'LBX_MAP_TOO_SMALL'
  | 'LBX_NO_EVENTS'
  | 'LBX_EVENTS_BUSY'
  | 'LBX_NO_TRAFFIC'
  /** No program there to run a packet through (`@lbx/core/testing`). */
  | 'LBX_NO_PROGRAM'
  /** Pinned maps of a layout that this version does not know. */
  | 'LBX_LAYOUT_UNKNOWN'
  | 'LBX_CLOSED';

/** An error of `@lbx/core`. Match on `code`; `data` holds what the message speaks of. */
export class CoreError extends Error {
  override readonly name = 'CoreError';
  readonly code: CoreErrorCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: CoreErrorCode,
    message: string,
    data: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}

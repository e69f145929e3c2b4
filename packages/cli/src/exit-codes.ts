/** What a command's exit code means. The same for all commands. */
export const exitCode = {
  ok: 0,
  /** The command ran, and what it was asked to find out or to do came out negative. */
  negative: 1,
  /** The command line is not understood. */
  usage: 2,
  /** A file, manifest, address or object that was given is not what it must be. */
  badInput: 3,
  /** The machine lacks something: root, a capability, libbpf, bpffs, a device. */
  environment: 4,
  /** A fault of lbx itself. */
  internal: 70,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Own codes that speak of what the caller gave: files, manifests, options, addresses, values. */
const badInput = new Set([
  'LBX_ADDRESS',
  'LBX_BAD_CONFIG',
  'LBX_BAD_FILE',
  'LBX_BAD_LINE',
  'LBX_BAD_MANIFEST',
  'LBX_BAD_OBJECT',
  'LBX_BAD_OPTION',
  'LBX_DUMP_SYNTAX',
  'LBX_DUPLICATE_MANIFEST',
  'LBX_FIELD_RANGE',
  'LBX_FIELD_TYPE',
  'LBX_FRONTEND_CONFLICT',
  'LBX_KUBECONFIG',
  'LBX_MAGLEV_BACKENDS',
  'LBX_MAGLEV_SEED',
  'LBX_MAGLEV_SIZE',
  'LBX_MAGLEV_VECTORS',
  'LBX_MANIFEST_FOLDER',
  'LBX_MAP_FULL',
  'LBX_MAP_TOO_SMALL',
  'LBX_NOTHING_THERE',
  'LBX_SERVICE_ADDRESS',
  'LBX_SERVICE_AFFINITY',
  'LBX_SERVICE_FAMILY',
  'LBX_SERVICE_FIELD',
  'LBX_SERVICE_PORT',
  'LBX_SIZE',
  'LBX_UNKNOWN_SERVICE',
  'LBX_VECTORS',
]);

/** Own codes that speak of the machine, its kernel, or what others left on it. */
const environment = new Set([
  'LBX_API_SERVER',
  'LBX_COMMAND',
  'LBX_DEMO_RUNNING',
  'LBX_EVENTS_BUSY',
  'LBX_HOOK_TAKEN',
  'LBX_LAYOUT_UNKNOWN',
  'LBX_LIBBPF_MISSING',
  'LBX_MAP_MISMATCH',
  'LBX_NOTHING_PINNED',
  'LBX_NOT_IN_CLUSTER',
  'LBX_NO_ANSWER',
  'LBX_NO_NAMES',
  'LBX_NOT_ROOT',
  'LBX_NOT_SUPPORTED',
  'LBX_NO_BPFFS',
  'LBX_NO_CGROUP2',
  'LBX_NO_DEVICE',
  'LBX_NO_EVENTS',
  'LBX_NO_NATIVE_XDP',
  'LBX_NO_NODE_ADDRESS',
  'LBX_NO_TRAFFIC',
  'LBX_PINS_IN_USE',
  'LBX_PIN_MISMATCH',
  'LBX_PLATFORM',
]);

/**
 * The exit code for an error, by its `code`. Names of errno (`EPERM`, `ENOSPC`) come from the kernel, by libbpf-ts or by
 * Node, and are the machine's; what is not listed (Node's `ERR_…`, errors without a code, codes that only a mistake
 * of lbx can raise, such as `LBX_CLOSED`) is a fault of lbx.
 */
export function exitCodeOf(error: unknown): ExitCode {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code !== 'string') return exitCode.internal;
  if (code === 'LBX_BAD_FLAG') return exitCode.usage;
  if (badInput.has(code)) return exitCode.badInput;
  if (environment.has(code) || isErrno(code)) return exitCode.environment;
  return exitCode.internal;
}

const isErrno = (code: string): boolean => /^E[A-Z0-9]+$/.test(code);

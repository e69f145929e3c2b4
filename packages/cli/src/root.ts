import { CliError } from './cli-error.ts';

/**
 * @param command name of the command
 * @param why what it does that only root may do
 * @throws CliError `LBX_NOT_ROOT` unless the process is root's.
 */
export function assertRoot(command: string, why = "changes the kernel's state"): void {
  if (isRoot()) return;
  throw new CliError(
    'LBX_NOT_ROOT',
    `lbx ${command} ${why} and must run as root (try sudo); ` +
      'plan, explain, encode, decode, verify and dump --plan need no privileges',
  );
}

export const isRoot = (): boolean => process.getuid?.() === 0;

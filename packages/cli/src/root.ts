import { CliError } from './cli-error.ts';

/**
 * @param command name of the command
 * @param why what it does that only root may do
 * @param instead what does without
 * @throws CliError `LBX_NOT_ROOT` unless the process is root's.
 */
export function assertRoot(command: string, why = "changes the kernel's state", instead?: string): void {
  if (isRoot()) return;
  const without = instead === undefined ? '' : `; without root, ${instead}`;
  throw new CliError(
    'LBX_NOT_ROOT',
    `lbx ${command} ${why} and must run as root: sudo lbx ${command}${without}`,
  );
}

export const isRoot = (): boolean => process.getuid?.() === 0;

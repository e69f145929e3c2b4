import { CliError } from './cli-error.ts';

/** @throws CliError `LBX_NOT_ROOT` unless the process is root's. */
export function assertRoot(what: string): void {
  if (process.getuid?.() === 0) return;
  throw new CliError(
    'LBX_NOT_ROOT',
    `lbx ${what} changes the kernel's state and must run as root (try sudo); ` +
      'plan, explain, encode, decode and verify need no privileges',
  );
}

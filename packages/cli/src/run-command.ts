import { spawnSync } from 'node:child_process';
import { CliError } from './cli-error.ts';

/** Runs a program without a shell and returns its standard output. @throws CliError `LBX_COMMAND` with what it said. */
export function runCommand(file: string, args: readonly string[]): string {
  const result = spawnSync(file, args, { encoding: 'utf8' });
  if (result.status === 0) return result.stdout;
  const why = result.error?.message ?? (result.stderr.trim() || `exit ${result.status ?? result.signal}`);
  throw new CliError('LBX_COMMAND', `'${[file, ...args].join(' ')}' failed: ${why}`);
}

import { exitCode } from '../exit-codes.ts';
import type { CommandContext } from '../run-cli.ts';
import type { Desired } from './desired.ts';

/** Tells what is wrong with the manifests on stderr. The answer is given all the same, and the exit code says "bad input". */
export function reportProblems({ problems }: Pick<Desired, 'problems'>, context: CommandContext): void {
  for (const problem of problems) context.err(`problem: ${problem}`);
  if (problems.length > 0) context.exit(exitCode.badInput);
}

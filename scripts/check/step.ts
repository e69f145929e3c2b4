// A step of `npm run check`: it runs, prints what is wrong, and says how it ended.
import { spawnSync } from 'node:child_process';

export interface Step {
  readonly name: string;
  /** Why it cannot be run here, if it cannot. */
  notRun?(): string | undefined;
  /** Returns the problems found; none means that the step passed. */
  run(): readonly string[] | Promise<readonly string[]>;
}

/** A step that is a command: it fails when the command does, with what the command printed. */
export function command(name: string, argv: readonly [string, ...string[]], cwd = '.'): Step {
  return {
    name,
    run: () => {
      const [file, ...args] = argv;
      const result = spawnSync(file, args, { cwd, encoding: 'utf8', maxBuffer: 64 << 20 });
      if (result.status === 0) return [];
      if (result.error) return [`'${argv.join(' ')}' could not be started: ${result.error.message}`];
      return [
        `'${argv.join(' ')}' ended with ${result.status ?? result.signal}\n${result.stdout}${result.stderr}`,
      ];
    },
  };
}

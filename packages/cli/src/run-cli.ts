import { Command, CommanderError } from 'commander';
import { agentCommand } from './commands/agent.ts';
import { cleanupCommand } from './commands/cleanup.ts';
import { decodeCommand } from './commands/decode.ts';
import { demoCommand } from './commands/demo.ts';
import { demoBackendCommand, demoClientCommand, demoPortCommand } from './commands/demo-processes.ts';
import { dumpCommand } from './commands/dump.ts';
import { encodeCommand } from './commands/encode.ts';
import { explainCommand } from './commands/explain.ts';
import { monitorCommand } from './commands/monitor.ts';
import { planCommand } from './commands/plan.ts';
import { verifyCommand } from './commands/verify.ts';
import { type ExitCode, exitCode, exitCodeOf } from './exit-codes.ts';
import type { Streams } from './output/output.ts';

/** What commands get from outside, so that tests can watch them; they report their exit code by `exit`. */
export interface CommandContext extends Streams {
  exit(code: ExitCode): void;
}

/** Runs one command line (without `node` and the script) and returns its exit code. Errors end as one message on stderr. */
export async function runCli(argv: readonly string[], streams: Streams): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  const context: CommandContext = {
    get input() {
      return streams.input;
    },
    out: (text) => streams.out(text),
    err: (text) => streams.err(text),
    exit: (given) => {
      code = given;
    },
  };
  const program = new Command('lbx')
    .description('Kubernetes service load balancing in eBPF/XDP')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.out(text.trimEnd()),
      writeErr: (text) => streams.err(text.trimEnd()),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 the answer is no, 2 usage, 3 bad input, 4 the machine lacks something, 70 a fault of lbx',
    );
  const commands = [
    demoCommand,
    agentCommand,
    monitorCommand,
    cleanupCommand,
    planCommand,
    explainCommand,
    dumpCommand,
    encodeCommand,
    decodeCommand,
    verifyCommand,
  ];
  for (const make of commands) program.addCommand(adopt(make(context), program));
  for (const make of [demoBackendCommand, demoClientCommand, demoPortCommand]) {
    program.addCommand(adopt(make(context), program), { hidden: true });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    const failed = exitCodeOf(error);
    streams.err(
      `lbx: ${failed === exitCode.internal ? String((error as Error)?.stack ?? error) : (error as Error).message}`,
    );
    return failed;
  }
}

/** Subcommands inherit neither the exit override nor the streams by themselves. */
function adopt(command: Command, program: Command): Command {
  command.copyInheritedSettings(program);
  for (const inner of command.commands) adopt(inner, program);
  return command;
}

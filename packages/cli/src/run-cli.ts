import { Command, CommanderError } from 'commander';
import { commandList, type ListedCommand } from './command-list.ts';
import { type ExitCode, exitCode, exitCodeOf } from './exit-codes.ts';
import type { Streams } from './output/streams.ts';
import { ownVersion } from './own-version.ts';

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
  const wanted = wantedCommand(argv);
  const program = new Command('lbx')
    .description('Kubernetes service load balancing in eBPF/XDP')
    .version(ownVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.out(text.trimEnd()),
      writeErr: (text) => streams.err(text.trimEnd()),
      outputError: (text, write) => write(usageMessage(text, wanted)),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 the answer is no, 2 usage, 3 bad input, 4 the machine lacks something, 70 a fault of lbx',
    );
  try {
    for (const listed of commandList) {
      // Of the others the help needs a line each, not their modules.
      const command = listed === wanted ? (await listed.load())(context) : lineOf(listed);
      program.addCommand(adopt(command, program), { hidden: listed.hidden === true });
    }
    // Asked for help on a command that there is not, commander would show the help of lbx, as if nothing were wrong.
    const words = argv[0] === 'help' && argv.length > 1 && wanted === undefined ? argv.slice(1) : argv;
    await program.parseAsync(words, { from: 'user' });
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

/** The command that a command line names, also after `help`. lbx itself has no options with values before it. */
function wantedCommand(argv: readonly string[]): ListedCommand | undefined {
  const [first, second] = argv.filter((word) => !word.startsWith('-'));
  const name = first === 'help' ? second : first;
  return commandList.find((listed) => listed.name === name);
}

/** What commander says of a command line that it does not understand, in the words of all other errors, and where to look. */
function usageMessage(text: string, command: ListedCommand | undefined): string {
  const said = text
    .trimEnd()
    .replace(/^error: /, 'lbx: ')
    .replace(
      /^lbx: command-argument value ('.*') is invalid for argument '(\w+)'\./s,
      "lbx: argument '$2' $1 is invalid.",
    )
    .replace(/ is invalid\. Allowed choices are (.*)\.$/s, ' is none; there are: $1')
    .replace(' is invalid. ', ' is not understood: ');
  return `${said}\n${command === undefined ? 'lbx help shows all commands' : `lbx help ${command.name} shows all options`}`;
}

const lineOf = ({ name, description }: ListedCommand): Command => new Command(name).description(description);

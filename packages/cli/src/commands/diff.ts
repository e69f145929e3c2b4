import {
  diffLines,
  diffStates,
  entryDiffLines,
  optionsIn,
  type ProjectOptions,
  projectOnto,
  type StateDiff,
} from '@lbx/maps';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-codes.ts';
import { pinsOfLayoutOption } from '../input/pins-options.ts';
import { reportProblems } from '../input/report-problems.ts';
import { layoutOption, parseTableSize } from '../input/shared-options.ts';
import { LIVE, type PinFlags, readState, type State } from '../input/state.ts';
import { colored } from '../output/colored-diff.ts';
import { json } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';

interface DiffFlags extends PinFlags {
  readonly node?: string;
  readonly nodeAddress?: readonly string[];
  readonly algorithm?: 'random' | 'maglev';
  readonly maglevSize?: number;
  readonly ids?: boolean;
  readonly entries?: boolean;
  readonly json?: boolean;
}

/** `lbx diff A [B]`: what differs between two states. Only reads. */
export function diffCommand(context: CommandContext): Command {
  return new Command('diff')
    .description('what differs between two states: pinned maps, dumps, manifests')
    .argument(
      '<from>',
      `${LIVE} (the pinned maps), a file of lbx dump (- is standard input), or a folder of manifests`,
    )
    .argument('[to]', `the same; alone, the first is what is wanted, and is compared with ${LIVE}`)
    .addOption(pinsOfLayoutOption())
    .addOption(layoutOption())
    .option('--node <name>', 'name of the node, with manifests')
    .option(
      '--node-address <ip...>',
      'where NodePorts of manifests are served (default: as on the other side)',
    )
    .addOption(
      new Option(
        '--algorithm <name>',
        'what manifests are taken for (default: as on the other side)',
      ).choices(['random', 'maglev']),
    )
    .addOption(
      new Option(
        '--maglev-size <prime>',
        'slots of a Maglev table (default: as on the other side)',
      ).argParser(parseTableSize),
    )
    .option('--ids', 'compare ids too; otherwise states that differ in them only are equal')
    .option('--entries', 'every entry that differs, below')
    .option('--json', 'everything as one JSON object')
    .addHelpText('after', '\nExit codes: 0 the states are equal, 1 they differ')
    .action(async (first: string, second: string | undefined, flags: DiffFlags) => {
      const [from, to] = await readBoth(
        second === undefined ? [LIVE, first] : [first, second],
        flags,
        context,
      );
      const difference = diffStates(sourceOf(from, to), sourceOf(to, from), { ids: flags.ids === true });
      if (!difference.equal) context.exit(exitCode.negative);
      for (const { problems } of [from, to]) reportProblems({ problems }, context);
      if (flags.json) {
        context.out(json({ from: from.label, to: to.label, ...difference }));
        return;
      }
      context.out(verdict(difference, from, to));
      for (const line of diffLines(difference)) context.out(colored(line));
      if (flags.entries !== true || difference.equal) return;
      context.out('\nentries that differ:');
      for (const line of entryDiffLines(difference.entries)) context.out(colored(line));
    });
}

/** Manifests are read last: they are taken for what the other side shows. */
async function readBoth(
  names: readonly [string, string],
  flags: DiffFlags,
  context: CommandContext,
): Promise<[State, State]> {
  if (names[0] === names[1] && (names[0] === LIVE || names[0] === '-'))
    throw new CliError('LBX_BAD_FLAG', `${names[0]} is given for both sides: there is nothing to compare`);
  const given: ProjectOptions = {
    ...(flags.algorithm === undefined ? {} : { algorithm: flags.algorithm }),
    ...(flags.maglevSize === undefined ? {} : { maglevSize: flags.maglevSize }),
    ...(flags.nodeAddress === undefined ? {} : { nodeAddresses: flags.nodeAddress }),
  };
  const { algorithm: _, maglevSize: __, ...rest } = flags;
  const read = (name: string, like: ProjectOptions) => readState(name, { ...rest, like }, context, 'diff');
  const sides = await Promise.all(names.map((name) => read(name, given)));
  const again = sides.map(async (side, i) => {
    const other = sides[1 - i]!;
    if (side.kind !== 'manifests' || other.kind === 'manifests') return side;
    return read(names[i]!, { ...optionsIn(other.snapshot), ...given });
  });
  return (await Promise.all(again)) as [State, State];
}

/** Manifests beside maps: with the slots that backends have there, which say nothing about what is wanted. */
function sourceOf({ desired, snapshot }: State, other: State) {
  if (desired === undefined) return snapshot;
  return other.kind === 'manifests'
    ? desired.projection
    : projectOnto(other.snapshot, desired.frontends, desired.options);
}

/** The answer first: equal, or how much of what differs. */
function verdict({ equal, frontends, entries }: StateDiff, from: State, to: State): string {
  const what = `from ${from.label} to ${to.label}`;
  if (equal) return `equal: ${from.label} and ${to.label} (${from.snapshot.entries.size} entries)`;
  const count = (kind: string) => frontends.filter(({ change }) => change === kind).length;
  const parts = (['added', 'removed', 'changed'] as const).flatMap((kind) =>
    count(kind) === 0 ? [] : [`${count(kind)} ${kind}`],
  );
  const of = parts.length === 0 ? 'no frontend differs' : `frontends: ${parts.join(', ')}`;
  return `different, ${what}\n${of}; ${entries.length} entries differ`;
}

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
import { addClusterOptions, type ClusterFlags } from '../input/cluster-options.ts';
import { addMeaningOptions, meaningOf } from '../input/meaning-options.ts';
import { pinsOfLayoutOption } from '../input/pins-options.ts';
import { reportProblems } from '../input/report-problems.ts';
import { layoutOption, nodeOption, parseTableSize } from '../input/shared-options.ts';
import {
  CLUSTER,
  isDesired,
  LIVE,
  type PinFlags,
  readState,
  type State,
  type StateOptions,
  stateDescription,
} from '../input/state.ts';
import { colored } from '../output/colored-diff.ts';
import { json } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';

interface DiffFlags extends PinFlags, Omit<ClusterFlags, 'node'> {
  readonly node?: string;
  readonly translator: NonNullable<StateOptions['translator']>;
  readonly nodeAddress?: readonly string[];
  readonly algorithm?: 'random' | 'maglev';
  readonly maglevSize?: number;
  readonly ids?: boolean;
  readonly entries?: boolean;
  readonly json?: boolean;
}

/** `lbx diff A [B]`: what differs between two states. Only reads. */
export function diffCommand(context: CommandContext): Command {
  const command = new Command('diff')
    .description('what differs between two states: pinned maps, dumps, manifests, clusters')
    .argument('[from]', stateDescription)
    .argument(
      '[to]',
      `the same; alone, the first is what is wanted, and is compared with ${LIVE}. With --kubeconfig or --in-cluster, ${CLUSTER} may be left out`,
    )
    .addOption(pinsOfLayoutOption())
    .addOption(layoutOption())
    .addOption(nodeOption())
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
    .option('--json', 'everything as one JSON object');
  addClusterOptions(command, 'The cluster:');
  return addMeaningOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  lbx diff manifests --node node-a            what the pinned maps lack of a folder of manifests
  lbx diff --kubeconfig FILE --node node-a    what they lack of the cluster
  lbx diff before.txt after.txt --ids         two files of lbx dump, ids too

Exit codes: 0 the states are equal, 1 they differ`,
    )
    .action(
      async (first: string | undefined, second: string | undefined, own: Omit<DiffFlags, 'translator'>) => {
        const flags = { ...own, translator: meaningOf(command) };
        const [from, to] = await readBoth(sides(first, second, flags), flags, context);
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
      },
    );
}

/** Which two states are meant. @throws CliError `LBX_BAD_FLAG`. */
function sides(
  first: string | undefined,
  second: string | undefined,
  { kubeconfig, inCluster = false }: DiffFlags,
): [string, string] {
  const isCluster = kubeconfig !== undefined || inCluster;
  const isNamed = first === CLUSTER || second === CLUSTER;
  if (isCluster && !isNamed && second === undefined) return [first ?? LIVE, CLUSTER];
  if (first !== undefined) return second === undefined ? [LIVE, first] : [first, second];
  throw new CliError(
    'LBX_BAD_FLAG',
    'diff of what? Say what is wanted (a folder of manifests, a file of lbx dump) or --kubeconfig FILE, and it is compared with the pinned maps; or say two states',
  );
}

/** Manifests are read last: they are taken for what the other side shows. */
async function readBoth(
  names: readonly [string, string],
  flags: DiffFlags,
  context: CommandContext,
): Promise<[State, State]> {
  if (names[0] === names[1] && [LIVE, CLUSTER, '-'].includes(names[0]))
    throw new CliError('LBX_BAD_FLAG', `${names[0]} is given for both sides: there is nothing to compare`);
  const { algorithm, maglevSize, nodeAddress, ...rest } = flags;
  const given: ProjectOptions = {
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(maglevSize === undefined ? {} : { maglevSize }),
    ...(nodeAddress === undefined ? {} : { nodeAddresses: nodeAddress }),
  };
  const read = (name: string, like: ProjectOptions) => readState(name, { ...rest, like }, context, 'diff');
  const [from, to] = names;
  if (isDesired(from) === isDesired(to)) return Promise.all([read(from, given), read(to, given)]);
  const found = await read(isDesired(from) ? to : from, given);
  const wanted = await read(isDesired(from) ? from : to, { ...optionsIn(found.snapshot), ...given });
  return isDesired(from) ? [wanted, found] : [found, wanted];
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

import { availableParallelism } from 'node:os';
import {
  type BackendChange,
  changeBackends,
  createIds,
  diffStates,
  frontendsIn,
  optionsIn,
  type ProjectOptions,
  projectOnto,
  restoreIds,
  type WhatIfSide,
  whatIf,
} from '@lbx/maps';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-codes.ts';
import { type AgentFlags, agentOption } from '../input/ask-agent.ts';
import { parseAddition, parseRemoval, parseState, parseWeight } from '../input/backend-change.ts';
import { addClusterOptions, type ClusterFlags } from '../input/cluster-options.ts';
import { pinsOfLayoutOption } from '../input/pins-options.ts';
import { reportProblems } from '../input/report-problems.ts';
import { layoutOption, nodeOption, parseNumber, parseTableSize } from '../input/shared-options.ts';
import { CLUSTER, type PinFlags, readState, type State, stateDescription } from '../input/state.ts';
import { openServiceNames } from '../names/open-service-names.ts';
import { noNames, type ServiceNames } from '../names/service-names.ts';
import { json } from '../output/output.ts';
import { whatIfLines } from '../output/what-if-lines.ts';
import type { CommandContext } from '../run-cli.ts';

interface WhatIfFlags extends PinFlags, AgentFlags, Omit<ClusterFlags, 'node'> {
  readonly to?: string;
  readonly node?: string;
  readonly add?: readonly BackendChange[];
  readonly remove?: readonly BackendChange[];
  readonly weight?: readonly BackendChange[];
  readonly state?: readonly BackendChange[];
  readonly algorithm?: 'random' | 'maglev';
  readonly maglevSize?: number;
  readonly cpus: number;
  readonly json?: boolean;
}

/** `lbx what-if STATE --remove …`: what a change would do to flows and maps. Only reads. */
export function whatIfCommand(context: CommandContext): Command {
  const command = new Command('what-if')
    .description('what a change to backends, weights or options would do to flows and maps; changes nothing')
    .argument('<state>', stateDescription)
    .option('--to <state>', 'all services as there, instead')
    .option(
      '--add <service=addr:port>',
      'a backend more; *50 behind gives it another weight than 100',
      parseAddition,
    )
    .option('--remove <service=addr:port>', 'a backend less', parseRemoval)
    .option('--weight <service/addr:port=n>', 'another weight, for Maglev', parseWeight)
    .option('--state <service/addr:port=state>', 'another state, such as terminating', parseState)
    .addOption(new Option('--algorithm <name>', 'another algorithm').choices(['random', 'maglev']))
    .addOption(new Option('--maglev-size <prime>', 'other Maglev tables').argParser(parseTableSize))
    .addOption(pinsOfLayoutOption())
    .addOption(layoutOption())
    .addOption(nodeOption())
    .option('--cpus <n>', 'possible CPUs of the node', parseNumber, availableParallelism())
    .addOption(agentOption())
    .option('--json', 'everything as one JSON object');
  return addClusterOptions(command, `With the state ${CLUSTER}:`)
    .addHelpText(
      'after',
      `
SERVICE is a name (shop/web) or a frontend (198.51.100.1:80). Maps have no names: those of the pinned maps are asked of the agent of this machine.

Examples:
  lbx what-if live --remove shop/web=192.0.2.10:8080          which flows does a backend take along?
  lbx what-if live --state shop/web/192.0.2.10:8080=terminating   and if it is drained first?
  lbx what-if manifests --node node-a --algorithm maglev      without root: what would Maglev cost?

Exit codes: 0 done, 1 it would not fit or is refused`,
    )
    .action(async (name: string, flags: WhatIfFlags) => {
      const { algorithm, maglevSize, to, ...rest } = flags;
      const state = await readState(name, rest, context, 'what-if');
      const names = state.kind === 'live' ? await openServiceNames(flags) : noNames;
      const before = sideOf(state, names);
      const target =
        to === undefined
          ? undefined
          : await readState(to, { ...rest, like: before.options }, context, 'what-if');
      const changes = [
        ...(flags.add ?? []),
        ...(flags.remove ?? []),
        ...(flags.weight ?? []),
        ...(flags.state ?? []),
      ];
      const options: ProjectOptions = {
        ...before.options,
        ...(algorithm === undefined ? {} : { algorithm }),
        ...(maglevSize === undefined ? {} : { maglevSize }),
      };
      if (
        target === undefined &&
        changes.length === 0 &&
        options.algorithm === before.options.algorithm &&
        options.maglevSize === before.options.maglevSize
      )
        throw new CliError(
          'LBX_BAD_FLAG',
          'what if what? Give --to STATE, --add, --remove, --weight, --state, --algorithm or --maglev-size',
        );
      const frontends = changeBackends(
        (target === undefined ? before : sideOf(target, names)).frontends,
        changes,
      );
      const ids = state.kind === 'manifests' ? createIds() : restoreIds(state.snapshot);
      const { cpus } = flags;
      const answer = whatIf(
        before,
        { frontends, options },
        {
          ids,
          cpus,
          ...(state.kind === 'manifests' ? {} : { actual: state.snapshot }),
          ...(state.maxEntries === undefined ? {} : { maxEntries: state.maxEntries }),
        },
      );
      if (answer.problems.length > 0) context.exit(exitCode.negative);
      for (const { problems } of [state, ...(target === undefined ? [] : [target])])
        reportProblems({ problems }, context);
      const unknown = entriesNotUnderstood(state, before);
      if (unknown > 0)
        context.err(
          `note: ${unknown} entries of ${state.label} are not as lbx would write them; they are left out of the answer`,
        );
      if (flags.json) context.out(json({ of: state.label, entriesNotUnderstood: unknown, ...answer }));
      else for (const line of whatIfLines(answer)) context.out(line);
    });
}

/** Manifests say what is meant; of maps it is worked out. */
function sideOf({ desired, snapshot }: State, { serviceOf }: Pick<ServiceNames, 'serviceOf'>): WhatIfSide {
  if (desired !== undefined) return { frontends: desired.frontends, options: desired.options };
  const frontends = frontendsIn(snapshot).map((frontend) => ({
    ...frontend,
    // Without a name, a service is called as its frontend is.
    service: serviceOf(frontend.service) ?? frontend.service,
  }));
  return { frontends, options: optionsIn(snapshot) };
}

/** Entries of maps that the frontends which were read from them would not give: weights are estimated, others may write otherwise. */
function entriesNotUnderstood({ kind, snapshot }: State, { frontends, options }: WhatIfSide): number {
  if (kind === 'manifests') return 0;
  return diffStates(snapshot, projectOnto(snapshot, frontends, options)).entries.length;
}

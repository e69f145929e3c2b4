import type { ProjectOptions } from '@lbx/maps';
import { CliError } from '../cli-error.ts';
import { clusterOf } from '../input/cluster-options.ts';
import { type Desired, readDesired } from '../input/desired.ts';
import { reportProblems } from '../input/report-problems.ts';
import type { CommandContext } from '../run-cli.ts';
import { type ApplySettings, givenOptions } from './apply-settings.ts';

/**
 * What is to be applied, from files or an API server.
 * @param like - with which options the maps were written.
 * @throws CliError `LBX_BAD_FILE` for problems where something would be deleted for them.
 */
export async function readWanted(
  flags: ApplySettings,
  like: ProjectOptions,
  context: CommandContext,
): Promise<Desired> {
  const { paths, node, algorithm, maglevSize, prune, translator } = flags;
  const cluster = clusterOf(flags);
  if (cluster !== undefined && node === undefined)
    throw new CliError('LBX_BAD_FLAG', `${cluster.name} needs --node NAME: what is local depends on it`);
  const desired = await readDesired(paths, {
    algorithm,
    maglevSize,
    translator,
    like: { ...like, ...givenOptions(flags) },
    ...(node === undefined ? {} : { node }),
    ...(cluster === undefined ? {} : { cluster }),
  });
  reportProblems(desired, context);
  if (prune === true && desired.problems.length > 0)
    throw new CliError(
      'LBX_BAD_FILE',
      'nothing was changed: with --prune, a service that cannot be read would be deleted; mend the files or leave out --prune',
    );
  return desired;
}

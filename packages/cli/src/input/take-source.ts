import { manifestSource, type ObjectSource, type SourceEvent } from '@lbx/k8s-sync';
import { CliError } from '../cli-error.ts';

/** An API server may have a bad moment; sources try again by themselves. */
const patienceMs = 3000;
const longestMs = 60_000;

/** Reads all manifests of a folder; what is wrong with some is a `problem` event. */
export async function takeFolder(folder: string, take: (event: SourceEvent) => void): Promise<void> {
  const source = manifestSource(folder);
  try {
    await source.start(take);
  } finally {
    await source.close();
  }
}

/**
 * Reads all that an API server has now, and closes the source.
 * @throws CliError `LBX_NO_ANSWER` with what went wrong, when it does not tell everything.
 */
export async function takeCluster(source: ObjectSource, take: (event: SourceEvent) => void): Promise<void> {
  const { promise: synced, resolve, reject } = Promise.withResolvers<void>();
  let trouble: Error | undefined;
  let impatient: NodeJS.Timeout | undefined;
  const giveUp = () => {
    const { waitingFor, lastError } = source.status();
    const why = lastError ?? trouble;
    reject(
      new CliError(
        'LBX_NO_ANSWER',
        `not all could be read from ${source.name} (missing: ${waitingFor.join(', ')})${why === undefined ? '' : `: ${why.message}`}`,
        { cause: why },
      ),
    );
  };
  const deadline = setTimeout(giveUp, longestMs);
  try {
    await source.start((event) => {
      take(event);
      if (event.type === 'synced') resolve();
      if (event.type !== 'problem') return;
      trouble = event.error;
      impatient ??= setTimeout(giveUp, patienceMs);
    });
    await synced;
  } finally {
    clearTimeout(deadline);
    clearTimeout(impatient);
    await source.close();
  }
}

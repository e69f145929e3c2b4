import { createTranslator, manifestSource, type Translation } from '@lbx/k8s-sync';
import { createIds, type Projection, type ProjectOptions, project } from '@lbx/maps';
import { CliError } from '../cli-error.ts';

/** What a folder of manifests means for a node: offline, without root. */
export interface Desired {
  readonly translation: Translation;
  readonly projection: Projection;
  readonly options: ProjectOptions;
}

export interface DesiredOptions {
  readonly node: string;
  readonly algorithm: 'random' | 'maglev';
  readonly maglevSize: number;
}

/** Reads the folder once. @throws CliError `LBX_NOTHING_THERE` when no object in it counts and something is wrong. */
export async function readDesired(folder: string, { node, ...rest }: DesiredOptions): Promise<Desired> {
  const source = manifestSource(folder);
  const translator = createTranslator({ nodeName: node });
  try {
    await source.start((event) => translator.apply(event));
  } finally {
    await source.close();
  }
  const translation = translator.translate();
  if (translation.frontends.length === 0 && translation.problems.length > 0) {
    throw new CliError(
      'LBX_NOTHING_THERE',
      `nothing to serve in ${folder}:\n  ${translation.problems.map(({ message }) => message).join('\n  ')}`,
    );
  }
  const options: ProjectOptions = { ...rest, nodeAddresses: translation.nodeAddresses };
  return { translation, options, projection: project(translation.frontends, options, createIds()) };
}

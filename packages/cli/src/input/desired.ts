import { createTranslator, manifestSource, type Translation } from '@lbx/k8s-sync';
import { createIds, type Ids, type Projection, type ProjectOptions, project } from '@lbx/maps';
import { CliError } from '../cli-error.ts';

/** What a folder of manifests means for a node: offline, without root. */
export interface Desired {
  readonly translation: Translation;
  readonly projection: Projection;
  readonly options: ProjectOptions;
  readonly ids: Ids;
  /** Everything that is wrong with the manifests, one sentence each: what counts anyway is in the projection. */
  readonly problems: readonly string[];
}

export interface DesiredOptions {
  readonly node: string;
  readonly algorithm: 'random' | 'maglev';
  readonly maglevSize: number;
  /** Options that go before all others: those with which somebody else wrote what this is compared with. */
  readonly like?: ProjectOptions;
}

/** Reads the folder once. @throws CliError `LBX_NOTHING_THERE` when no object in it counts and something is wrong. */
export async function readDesired(
  folder: string,
  { node, algorithm, maglevSize, like }: DesiredOptions,
): Promise<Desired> {
  const source = manifestSource(folder);
  const translator = createTranslator({ nodeName: node });
  const nodes: string[] = [];
  try {
    await source.start((event) => {
      if (event.type === 'upsert' && event.kind === 'Node') nodes.push(nameOf(event.object));
      translator.apply(event);
    });
  } finally {
    await source.close();
  }
  const translation = translator.translate();
  const wrong = translation.problems.map(({ message }) => message);
  if (translation.frontends.length === 0 && wrong.length > 0) {
    throw new CliError('LBX_NOTHING_THERE', `nothing to serve in ${folder}:\n  ${wrong.join('\n  ')}`);
  }
  const { nodeAddresses } = translation;
  const options: ProjectOptions = { algorithm, maglevSize, nodeAddresses, ...like };
  const ids = createIds();
  const projection = project(translation.frontends, options, ids);
  const refused = projection.refused.map(({ error }) => `not programmed: ${error.message}`);
  return {
    translation,
    options,
    ids,
    projection,
    problems: [...unknownNode(node, nodes, folder), ...wrong, ...refused],
  };
}

function nameOf(object: object): string {
  const { metadata } = object as { metadata?: { name?: unknown } };
  return String(metadata?.name ?? '');
}

/** Without its Node object a node has no addresses, so nothing is served on NodePorts: most often a typing error. */
function unknownNode(node: string, nodes: readonly string[], folder: string): string[] {
  if (nodes.includes(node)) return [];
  const there = nodes.length === 0 ? 'no Node at all' : `the Nodes ${nodes.join(', ')}`;
  return [
    `there is no Node '${node}' in ${folder} (it has ${there}): its addresses are unknown and NodePorts of it not served`,
  ];
}

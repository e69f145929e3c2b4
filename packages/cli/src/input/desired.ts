import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  createTranslator,
  type ObjectSource,
  parseManifest,
  type SourceEvent,
  type TranslatorOptions,
} from '@lbx/k8s-sync';
import {
  createIds,
  type Frontend,
  frontendsOf,
  type Ids,
  type Projection,
  type ProjectOptions,
  project,
} from '@lbx/maps';
import { CliError } from '../cli-error.ts';
import { readText } from './lines.ts';
import { type FoundService, parseServiceFile, SERVICE_API } from './service-file.ts';
import { takeCluster, takeFolder } from './take-source.ts';

/** What manifests and services of lbx's own mean for a node: offline, without root. */
export interface Desired {
  readonly frontends: readonly Frontend[];
  readonly projection: Projection;
  readonly options: ProjectOptions;
  readonly ids: Ids;
  /** Everything that is wrong with the files, one sentence each: what counts anyway is in the projection. */
  readonly problems: readonly string[];
}

export interface DesiredOptions {
  /** Name of the node; only where there are no Kubernetes objects it may be left out. */
  readonly node?: string;
  readonly algorithm: 'random' | 'maglev';
  readonly maglevSize: number;
  /** Objects of an API server beside those of files; read once. */
  readonly cluster?: ObjectSource;
  /** What Kubernetes objects mean beyond what they say, as the agent has it. */
  readonly translator?: Omit<TranslatorOptions, 'nodeName'>;
  /** Options that go before all others: those with which somebody else wrote what this is compared with. */
  readonly like?: ProjectOptions;
}

/**
 * Reads folders and files once: Kubernetes objects, and services of lbx's own (see parseServiceFile).
 * @throws CliError `LBX_NOTHING_THERE` when nothing in them counts and something is wrong; `LBX_BAD_FLAG` for Kubernetes
 *   objects without a node.
 */
export async function readDesired(
  paths: string | readonly string[],
  { node, algorithm, maglevSize, like, cluster, translator: meaning }: DesiredOptions,
): Promise<Desired> {
  const all = [paths].flat();
  const translator = createTranslator({ ...meaning, nodeName: node ?? '' });
  const nodes: string[] = [];
  let objects = 0;
  const take = (event: SourceEvent) => {
    if (event.type === 'upsert') objects++;
    if (event.type === 'upsert' && event.kind === 'Node') nodes.push(nameOf(event.object));
    translator.apply(event);
  };
  const own: FoundService[] = [];
  const wrong: string[] = [];
  for (const path of all) {
    if (isFile(path)) takeManifest(path, take);
    else await takeFolder(path, take);
    for (const file of isFile(path) ? [path] : filesIn(path)) {
      const found = servicesIn(file);
      own.push(...found.services);
      wrong.push(...found.problems.map(({ message }) => message));
    }
  }
  if (cluster !== undefined) await takeCluster(cluster, take);
  const where = [...all, ...(cluster === undefined ? [] : [cluster.name])].join(', ');
  if (node === undefined && objects + own.length + wrong.length === 0)
    throw new CliError(
      'LBX_NOTHING_THERE',
      `nothing to serve in ${where}: neither Kubernetes objects (with kind and apiVersion) nor services of lbx (apiVersion: ${SERVICE_API})`,
    );
  if (node === undefined && objects > 0)
    throw new CliError('LBX_BAD_FLAG', 'manifests need --node NAME: what is local depends on it');
  const { frontends, problems, nodeAddresses } = translator.translate();
  wrong.push(...problems.map(({ message }) => message), ...twice(own));
  const wanted = [...frontends, ...own.flatMap(({ spec }) => frontendsOf(spec))];
  if (wanted.length === 0 && wrong.length > 0) {
    throw new CliError('LBX_NOTHING_THERE', `nothing to serve in ${where}:\n  ${wrong.join('\n  ')}`);
  }
  const options: ProjectOptions = { algorithm, maglevSize, nodeAddresses, ...like };
  const ids = createIds();
  const projection = project(wanted, options, ids);
  const refused = projection.refused.map(({ error }) => `not programmed: ${error.message}`);
  const unknown =
    node === undefined ||
    (objects === 0 && own.length > 0) ||
    (nodes.length === 0 && wanted.length > 0 && !needsNode(wanted, like))
      ? []
      : unknownNode(node, nodes, where);
  return { frontends: wanted, options, ids, projection, problems: [...unknown, ...wrong, ...refused] };
}

function takeManifest(path: string, take: (event: SourceEvent) => void): void {
  const { objects, problems } = parseManifest(readText(path), basename(path));
  for (const { kind, object, origin } of objects) take({ type: 'upsert', kind, object, origin });
  for (const error of problems) take({ type: 'problem', error });
}

function servicesIn(path: string) {
  const text = readText(path);
  // Most manifests have none: they are not parsed twice.
  return text.includes(SERVICE_API) ? parseServiceFile(text, basename(path)) : { services: [], problems: [] };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ya?ml|json)$/.test(name) && !/(^|\/)\./.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true && !path.endsWith('/');
}

/** A name that two documents have: which of them counts would depend on their order. */
function twice(services: readonly FoundService[]): string[] {
  const origins = new Map<string, string>();
  return services.flatMap(({ spec: { name }, origin }) => {
    const first = origins.get(name);
    origins.set(name, first ?? origin);
    return first === undefined
      ? []
      : [`${origin}: service ${name} is at ${first} too; give them different names`];
  });
}

function nameOf(object: object): string {
  const { metadata } = object as { metadata?: { name?: unknown } };
  return String(metadata?.name ?? '');
}

/** Addresses are of use for NodePorts only, and may be known otherwise. */
const needsNode = (wanted: readonly Frontend[], like: ProjectOptions | undefined): boolean =>
  like?.nodeAddresses === undefined && wanted.some(({ type }) => type === 'NodePort');

/** Without its Node object a node has no addresses, so nothing is served on NodePorts: most often a typing error. */
function unknownNode(node: string, nodes: readonly string[], folder: string): string[] {
  if (nodes.includes(node)) return [];
  const there = nodes.length === 0 ? 'no Node at all' : `the Nodes ${nodes.join(', ')}`;
  return [
    `there is no Node '${node}' in ${folder} (it has ${there}): its addresses are unknown and NodePorts of it not served`,
  ];
}

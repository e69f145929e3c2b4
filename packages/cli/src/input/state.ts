import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { openPinnedTables } from '@lbx/core';
import {
  type AnyTable,
  catalog,
  ciliumPins,
  type DumpEntry,
  type Entry,
  entryId,
  flowCatalog,
  type PinPlace,
  parseDump,
  pinPath,
  type ServiceMapName,
  type Snapshot,
  serviceCatalog,
} from '@lbx/maps';
import { CliError } from '../cli-error.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';
import { type ClusterFlags, clusterOf } from './cluster-options.ts';
import { type Desired, type DesiredOptions, readDesired } from './desired.ts';
import { parseJson, readText } from './lines.ts';

/** The word that stands for the kernel's pinned maps where a state is asked for. */
export const LIVE = 'live';

/** The word for what an API server has now; `--kubeconfig` or `--in-cluster` says which. */
export const CLUSTER = 'cluster';

/** What a state may be, for help. */
export const stateDescription = `${LIVE} (the pinned maps, only read), a file of lbx dump (- is standard input), a folder or file of manifests, or ${CLUSTER} (with --kubeconfig or --in-cluster)`;

/** Whose pinned maps are meant. */
export interface PinFlags {
  /** Folder of the pins; the default of the layout when absent. */
  readonly pins?: string;
  readonly layout?: 'lbx' | 'cilium';
}

/** What maps hold, or are to hold, wherever that is known from. */
export interface State {
  readonly kind: 'live' | 'dump' | 'manifests';
  /** For people: "the maps pinned in /sys/fs/bpf/lbx", "the dump a.txt", "the manifests in shop/". */
  readonly label: string;
  /** Entries of the maps that a control plane writes. */
  readonly snapshot: Snapshot;
  /** Entries of all other maps that were found: affinity, connections. Of pinned maps only where they were asked for. */
  readonly others: readonly DumpEntry[];
  /** Sizes of the maps, of pinned ones. */
  readonly maxEntries?: Readonly<Record<string, number>>;
  /** Of manifests: what they mean. */
  readonly desired?: Desired;
  /** Everything that is wrong with it, one sentence each. */
  readonly problems: readonly string[];
}

export interface StateOptions
  extends PinFlags,
    Omit<ClusterFlags, 'node'>,
    Partial<Omit<DesiredOptions, 'cluster'>> {
  /** Read connections, affinity and the like of pinned maps too. */
  readonly everyMap?: boolean;
}

/**
 * Reads a state from what people name it by: `live` (pinned maps, only read), `cluster` (an API server), a folder or YAML file of manifests (or of services of lbx's own), a file that `lbx dump`
 * wrote (its lines, or `--json`), or `-`, such a dump on standard input.
 * @param command - for the error of who is not root.
 */
export async function readState(
  name: string,
  options: StateOptions,
  context: Pick<CommandContext, 'input'>,
  command: string,
): Promise<State> {
  if (name === LIVE) return readPinnedState(options, command);
  if (name === CLUSTER) return readClusterState(options);
  if (name === '-') return dumpState(await textOf(context.input), 'the dump on standard input');
  if (isDesired(name)) return readManifestState(name, options);
  return dumpState(readText(name), `the dump ${name}`);
}

/** Does a name stand for what is wanted, rather than for what maps hold? */
export const isDesired = (name: string): boolean =>
  name === CLUSTER || isFolder(name) || /\.ya?ml$/.test(name);

/** Where maps are pinned by these flags. */
export function pinPlace({ pins, layout = 'lbx' }: PinFlags): PinPlace {
  return {
    ...(layout === 'cilium' ? ciliumPins : {}),
    ...(pins === undefined ? {} : { bpffs: pins, folder: '' }),
  };
}

/** The folder of it. */
export const pinFolder = (flags: PinFlags): string =>
  dirname(pinPath(serviceCatalog.lb4_services_v2, pinPlace(flags)));

/** The error of a folder without maps. */
export function nothingPinned(flags: PinFlags, command: string): CliError {
  const isCilium = flags.layout === 'cilium';
  const start = isCilium ? 'start Cilium' : 'start lbx agent';
  const elsewhere = takesStates(command) ? ', or ask a file of lbx dump or a folder of manifests' : '';
  return new CliError(
    'LBX_NOTHING_PINNED',
    `no ${isCilium ? 'Cilium maps' : 'maps of lbx'} are pinned in ${pinFolder(flags)}: ${start}, or name the folder of the pins with --pins${elsewhere}`,
  );
}

const takesStates = (command: string) => ['diff', 'explain', 'what-if'].includes(command);

/** What does without root what a command does with it. */
export function withoutRoot(command: string): string | undefined {
  if (command === 'dump') return 'lbx dump --plan DIR shows what manifests would become';
  return takesStates(command) ? 'it answers from a file of lbx dump or a folder of manifests' : undefined;
}

/** @throws CliError `LBX_NOTHING_PINNED` unless maps of lbx are pinned there. */
export function assertPinned(pins: string, command: string): void {
  if (!existsSync(join(pins, serviceCatalog.lb4_services_v2.name))) throw nothingPinned({ pins }, command);
}

/** @throws CliError `LBX_NOTHING_PINNED`, `LBX_NOT_ROOT`. */
export function readPinnedState(options: StateOptions, command: string): State {
  assertRoot(command, 'reads maps of the kernel', withoutRoot(command));
  const place = pinPlace(options);
  const folder = pinFolder(options);
  using opened = openPinnedTables(place, { readOnly: true });
  const whose = options.layout === 'cilium' ? 'Cilium maps' : 'maps';
  const tables = Object.values<AnyTable>(opened.tables);
  if (tables.length === 0) throw nothingPinned(options, command);
  const wanted = tables.filter(({ layout }) => options.everyMap === true || isServiceMap(layout.name));
  const entries = wanted.flatMap(({ layout, entries }) =>
    [...entries()].map(([key, value]): DumpEntry => ({ map: layout.name, key, value })),
  );
  return {
    kind: 'live',
    label: `the ${whose} pinned in ${folder}`,
    ...sorted(entries),
    maxEntries: Object.fromEntries(tables.map(({ layout, maxEntries }) => [layout.name, maxEntries])),
    problems: [],
  };
}

async function readManifestState(path: string, options: StateOptions): Promise<State> {
  return desiredState(`the manifests in ${path}`, await readDesired(path, desiredOptions(options)));
}

/** @throws CliError `LBX_BAD_FLAG`, `LBX_NO_ANSWER`. */
async function readClusterState(options: StateOptions): Promise<State> {
  const cluster = clusterOf(options);
  if (cluster === undefined)
    throw new CliError(
      'LBX_BAD_FLAG',
      `${CLUSTER}: say whose API server is asked: --kubeconfig FILE, or --in-cluster in a pod`,
    );
  if (options.node === undefined)
    throw new CliError(
      'LBX_BAD_FLAG',
      `${cluster.name} needs --node NAME (or the variable NODE_NAME): what is local depends on it`,
    );
  return desiredState(cluster.name, await readDesired([], { ...desiredOptions(options), cluster }));
}

function desiredOptions({
  node,
  algorithm = 'random',
  maglevSize = 16381,
  like = {},
  translator,
}: StateOptions) {
  return {
    algorithm,
    maglevSize,
    like,
    ...(node === undefined ? {} : { node }),
    ...(translator === undefined ? {} : { translator }),
  };
}

function desiredState(label: string, desired: Desired): State {
  const { projection, problems } = desired;
  return { kind: 'manifests', label, snapshot: projection, others: [], desired, problems };
}

/** @throws CliError `LBX_BAD_FILE` naming the line. */
function dumpState(text: string, label: string): State {
  const lines = text.trimStart().startsWith('[') ? jsonLines(text, label) : text;
  try {
    const entries = parseDump(lines, { layouts: { ...catalog, ...flowCatalog } });
    return { kind: 'dump', label, ...sorted(entries), problems: [] };
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'LBX_DUMP_SYNTAX') throw cause;
    throw new CliError(
      'LBX_BAD_FILE',
      `${label} is none: ${(cause as Error).message}; give what lbx dump wrote, or a folder or .yaml file of manifests`,
      { cause },
    );
  }
}

/** What `lbx dump --json` writes. */
function jsonLines(text: string, label: string): string[] {
  const lines = parseJson(text, label);
  if (Array.isArray(lines) && lines.every((line) => typeof line === 'string')) return lines;
  throw new CliError('LBX_BAD_FILE', `${label} is JSON, but no array of lines as lbx dump --json writes it`);
}

function sorted(entries: readonly DumpEntry[]): Pick<State, 'snapshot' | 'others'> {
  const snapshot = new Map<string, Entry>();
  const others: DumpEntry[] = [];
  for (const entry of entries) {
    if (isServiceMap(entry.map)) {
      const { map, key } = entry as Entry;
      snapshot.set(entryId(map, key), entry as Entry);
    } else others.push(entry);
  }
  return { snapshot: { entries: snapshot }, others };
}

const isServiceMap = (map: string): map is ServiceMapName => Object.hasOwn(serviceCatalog, map);

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

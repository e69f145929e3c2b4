import { type ServiceMapName, serviceCatalog, type WriteCount } from '@lbx/maps';
import type { Hook } from './attach/attachment.ts';
import type { Hooks } from './attach/hooks.ts';
import type { ResolvedOptions } from './options/resolve-options.ts';
import type { SocketSweeps } from './sockets/socket-sweeper.ts';
import type { SweepCount } from './sweep/sweeper.ts';

/** A map of services: what is in it, how much fits, what was done to it since the start. */
export interface MapUsage extends WriteCount {
  readonly maxEntries: number;
}

/** Ids that are given to frontends or backends. */
export interface IdUsage {
  readonly used: number;
  /** Free, but kept from others until no flow can have them any more. */
  readonly quarantined: number;
  readonly max: number;
}

/** A flow table: what the last sweep found in it, and how many fit. */
export interface FlowUsage extends SweepCount {
  readonly maxEntries: number;
}

/** Hooks of one kind that programs of ours are on, and those that lost them. */
export interface HookUsage {
  readonly attached: number;
  readonly gone: number;
}

/** How much is used of what there is, by what is known without reading maps: cheap enough for every scrape of metrics. */
export interface Usage {
  readonly maps: Readonly<Partial<Record<ServiceMapName, MapUsage>>>;
  readonly ids: { readonly frontend: IdUsage; readonly backend: IdUsage };
  /** Flows of each family, by name of their table. */
  readonly flows: Readonly<Record<string, FlowUsage>>;
  readonly hooks: Readonly<Partial<Record<Hook, HookUsage>>>;
  /** Connected UDP sockets that were ended because their backend went; absent where nobody looks after them. */
  readonly sockets?: SocketSweeps;
}

interface IdsLeft {
  readonly size: number;
  readonly quarantined: number;
  readonly max: number;
}

export const idUsage = ({ size, quarantined, max }: IdsLeft): IdUsage => ({ used: size, quarantined, max });

/** @param maxEntries - of a map; undefined: there is none. */
export function mapUsage(
  counts: ReadonlyMap<ServiceMapName, WriteCount>,
  maxEntries: (map: ServiceMapName) => number | undefined,
): Usage['maps'] {
  const none = { entries: 0, sets: 0, deletes: 0 };
  return Object.fromEntries(
    (Object.keys(serviceCatalog) as ServiceMapName[]).flatMap((name) => {
      const max = maxEntries(name);
      return max === undefined ? [] : [[name, { ...(counts.get(name) ?? none), maxEntries: max }]];
    }),
  );
}

/** The tables of flows among those that are swept. */
export function flowUsage(
  counts: Readonly<Record<string, SweepCount>>,
  { flows }: ResolvedOptions,
): Usage['flows'] {
  return Object.fromEntries(
    Object.entries(counts)
      .filter(([name]) => name.startsWith('lbx_flow'))
      .map(([name, count]) => [name, { ...count, maxEntries: flows }]),
  );
}

/** Asks the kernel for each of them. */
export function hookUsage({ attachments }: Hooks): Usage['hooks'] {
  const found: Partial<Record<Hook, { attached: number; gone: number }>> = {};
  for (const { plan, link } of attachments) {
    found[plan.hook] ??= { attached: 0, gone: 0 };
    const count = found[plan.hook];
    if (count === undefined) continue;
    if (link.info().attached) count.attached += 1;
    else count.gone += 1;
  }
  return found;
}

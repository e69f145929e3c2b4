import type { MapSpec } from 'libbpf-ts';
import { trafficMapNames } from '../traffic.ts';
import type { LoadSettings } from './load-objects.ts';
import type { OpenMap } from './pinned-maps.ts';

/** Counters that are as large as the options say: switched off, they may go. */
const counts = new Set<string>(trafficMapNames);
/** What is forgotten within a minute, or asked for again. */
const isShortLived = (name: string) => name.startsWith('lbx_fragments') || name === 'lbx_backend_hops';

/** How a map that is wanted by these settings is opened. */
export function howToOpen(
  { name, maxEntries }: Pick<MapSpec, 'name' | 'maxEntries'>,
  settings: Pick<LoadSettings, 'maxEntries' | 'snatMin' | 'sizeOption'>,
): OpenMap {
  return {
    size: settings.maxEntries[name] ?? maxEntries,
    first: /^lbx_rev[46]$/.test(name) ? settings.snatMin : 0,
    option: settings.sizeOption(name),
    mayLose: counts.has(name) || isShortLived(name),
  };
}

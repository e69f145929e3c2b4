import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyLayout, serviceCatalog } from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { CoreError } from '../errors.ts';
import { defaultPins } from '../options/options.ts';
import { createUndo } from '../undo.ts';
import { eventMapNames, eventMapShape, laterEventMap } from './event-maps.ts';
import { nameMaps } from './event-names.ts';
import type { EventOptions } from './event-wishes.ts';
import { type DatapathEvents, openEvents } from './open-events.ts';

/**
 * Events of the load balancer that pinned its maps in a folder, in whatever process it runs, and whether or not that
 * process still lives.
 * @throws CoreError `LBX_NO_EVENTS` when no packet programs are pinned there, `LBX_BAD_OPTION`, `LBX_EVENTS_BUSY`.
 */
export function openPinnedEvents(options: EventOptions & { readonly pins?: string } = {}): DatapathEvents {
  const { pins = defaultPins, ...wanted } = options;
  const opened = createUndo();
  const maps = new Map<string, BpfMap>();
  const open = (name: string, shape: Pick<BpfMap, 'type' | 'keySize' | 'valueSize'>) => {
    const path = join(pins, name);
    if (!existsSync(path)) return;
    const map = BpfMap.openPinned(path, { name, ...shape });
    opened.defer(() => map.close());
    maps.set(name, map);
  };
  try {
    for (const name of [...eventMapNames, laterEventMap] as const) open(name, eventMapShape(name));
    for (const name of nameMaps) {
      const { type, key, valueSize }: AnyLayout = serviceCatalog[name];
      open(name, { type, keySize: key.size, valueSize });
    }
    return openEvents(maps, wanted, {
      release: opened.run,
      place: `what is pinned in ${pins}`,
      assertThere: () => assertPinned(join(pins, 'lbx_events'), maps.get('lbx_events')),
    });
  } catch (error) {
    opened.run();
    throw error;
  }
}

/** Without it one would wait for events of programs that are no longer there. */
function assertPinned(path: string, map: BpfMap | undefined): void {
  if (existsSync(path)) {
    using now = BpfMap.openPinned(path);
    if (now.id === map?.id) return;
  }
  throw new CoreError(
    'LBX_NO_EVENTS',
    `the load balancer whose events these were is gone: ${path} was removed or is another's`,
    { path },
  );
}

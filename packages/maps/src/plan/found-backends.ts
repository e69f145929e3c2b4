import type { Backend } from '../model/backend.ts';
import { type Entry, entryId } from '../project/entry.ts';
import { frontendsIn } from '../what-if/frontends-in.ts';
import type { Written } from './written.ts';

/** What maps say of the place of a backend: is it on this node? undefined: they do not. */
export type PlaceOf = (backendId: number) => 'local' | 'other' | undefined;

/** The backends of one frontend as the maps have them, by its name; none where it is not there. */
export function foundBackends(
  written: Pick<Written, 'frontends' | 'backends' | 'othersOf'>,
  frontend: string,
  placeOf: PlaceOf = () => undefined,
): readonly Backend[] {
  const { master, slots } = written.frontends.get(frontend) ?? {};
  if (master === undefined || slots === undefined) return [];
  const entries = new Map<string, Entry>();
  const add = (entry: Entry) => entries.set(entryId(entry.map, entry.key), entry);
  add(master);
  const places = new Map<string, 'local' | 'other'>();
  for (const slot of slots.values()) {
    add(slot);
    const { backendId } = slot.value;
    const backend = written.backends.get(backendId);
    if (backend === undefined) continue;
    add(backend);
    const { address, port } = backend.value as { address: string; port: number };
    const place = placeOf(backendId);
    if (place !== undefined) places.set(`${address} ${port}`, place);
  }
  const { revNatIndex } = master.value as { revNatIndex: number };
  for (const entry of written.othersOf(revNatIndex).values()) add(entry);
  return frontendsIn({ entries }).flatMap(({ backends }) =>
    backends.map((backend) => {
      const node = places.get(`${backend.address} ${backend.port}`);
      return node === undefined ? backend : { ...backend, node };
    }),
  );
}

import type { ServiceMapName } from '../catalog.ts';
import type { MapsError } from '../errors.ts';
import { IdsExhaustedError } from '../ids/id-space.ts';
import { MapFullError } from './map-full-error.ts';
import type { Projection } from './projection.ts';

/**
 * What there is too little of, by what was refused for want of room or ids: one error for each map, with all the
 * entries that it would take, and one for each kind of id. Pure; nothing of what was refused has been written.
 */
export function shortages({ refused }: Pick<Projection, 'refused'>): MapsError[] {
  const full = new Map<ServiceMapName, MapFullError[]>();
  const exhausted = new Map<string, IdsExhaustedError>();
  for (const { error } of refused) {
    if (error instanceof IdsExhaustedError) exhausted.set(error.space, error);
    else if (error instanceof MapFullError) {
      const known = full.get(error.map);
      if (known === undefined) full.set(error.map, [error]);
      else known.push(error);
    }
  }
  return [...[...full.values()].map(together), ...exhausted.values()];
}

function together(errors: readonly MapFullError[]): MapFullError {
  const [first] = errors;
  if (errors.length === 1) return first!;
  const { map, maxEntries, option } = first!;
  let [others, added] = [0, 0];
  for (const error of errors) {
    others = Math.max(others, (error.needed ?? maxEntries) - (error.added ?? 0));
    added += error.added ?? 0;
  }
  const detail = { needed: others + added, added, knobs: { [map]: option } };
  return new MapFullError(map, maxEntries, `${errors.length} frontends`, detail);
}

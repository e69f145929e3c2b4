import type { Ids } from '../ids/ids.ts';
import { familyOf } from '../model/address.ts';
import type { Backend } from '../model/backend.ts';
import { checkBackends, checkFrontend } from '../model/check-frontend.ts';
import type { Frontend } from '../model/frontend.ts';
import type { ServiceError } from '../model/service-error.ts';
import { backendSet } from './backend-set.ts';
import { type BoundSet, bindSet } from './bound-set.ts';
import type { Claim } from './claims.ts';
import { type FrontendEntries, frontendEntries } from './frontend-entries.ts';
import { createMaglevTables, type MaglevTables } from './maglev-tables.ts';
import type { ResolvedOptions } from './options.ts';
import { checkPlace } from './placements.ts';

/** Makes the entries of frontends; what several share (orders of backends, Maglev tables) is worked out once. */
export interface EntryMaker {
  /** What is wrong with a frontend; undefined when its entries can be made. */
  check(frontend: Frontend): ServiceError | undefined;
  /** The entries of a claim: the same object as before, if its ids are still its own. @throws IdsExhaustedError. */
  make(claim: Claim): FrontendEntries;
  readonly tables: MaglevTables;
}

/** Backend ids by slot that a frontend has in the maps; none where it is not there. */
export type SlotsOf = (frontend: string) => readonly number[];

/**
 * @param slotsOf - what the maps hold: backends keep their slots.
 * @param before - a maker for the same ids and other options; Maglev tables of the same size are taken from it.
 */
export function createEntryMaker(
  options: ResolvedOptions,
  ids: Ids,
  slotsOf: SlotsOf,
  before?: { readonly options: ResolvedOptions; readonly maker: EntryMaker },
): EntryMaker {
  const bound = new WeakMap<readonly Backend[], BoundSet>();
  /** Arrays of backends that were checked, and for which family and protocol. */
  const checked = new WeakMap<readonly Backend[], string>();
  const sameTables =
    before?.options.maglevSize === options.maglevSize && before.options.maglevSeed === options.maglevSeed;
  const tables = before !== undefined && sameTables ? before.maker.tables : createMaglevTables(options);

  const checkSet = (frontend: Frontend): ServiceError | undefined => {
    const use = `${familyOf(frontend.address)} ${frontend.protocol}`;
    if (checked.get(frontend.backends) === use) return undefined;
    const wrong = checkBackends(frontend);
    if (wrong === undefined) checked.set(frontend.backends, use);
    return wrong;
  };
  const bind = ({ backends }: Frontend, name: string): BoundSet => {
    let known = bound.get(backends);
    if (known === undefined || !known.holds.every((hold) => ids.backends.use(hold))) {
      known = bindSet(backendSet(backends), ids.backends, slotsOf(name));
      bound.set(backends, known);
    }
    return known;
  };
  return {
    tables,
    check: (frontend) => checkFrontend(frontend) ?? checkPlace(frontend, options) ?? checkSet(frontend),
    make({ frontend, place, group }) {
      const { id } = ids.frontends.take(place.name);
      const set = bind(frontend, place.name);
      if (group?.revNatId === id && group.backends === set.entries) return group;
      return frontendEntries(frontend, { ...place, revNatId: id }, set, tables, options);
    },
  };
}

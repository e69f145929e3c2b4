import type { MasterValue } from '../project/service-entry.ts';
import type { Written } from './written.ts';

/**
 * Backends that Maglev tables name which may not be as they should be: tables of these frontends, and with these ids of
 * frontends without a master. Those of all others name what the slots name.
 */
export function namedByStrayTables(
  written: Pick<Written, 'frontends' | 'othersOf' | 'ownerOf' | 'ownerless'>,
  frontends: Iterable<string>,
  ownerless: Iterable<number> = written.ownerless,
): ReadonlySet<number> {
  const backends = new Set<number>();
  const add = (revNatId: number) => {
    for (const { value } of written.othersOf(revNatId).values())
      if (value instanceof Uint32Array) for (const id of value) backends.add(id);
  };
  for (const name of frontends) {
    const master = written.frontends.get(name)?.master;
    if (master === undefined) continue;
    const { revNatIndex } = master.value as MasterValue;
    if (written.ownerOf(revNatIndex) === name) add(revNatIndex);
  }
  for (const id of ownerless) add(id);
  return backends;
}

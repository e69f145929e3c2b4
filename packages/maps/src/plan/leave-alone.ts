import type { Projection } from '../project/projection.ts';

/**
 * A projection that wants nothing of these frontends, as if they were refused: what the maps hold of them is left as it
 * is, with all that it needs.
 */
export function leaveAlone(desired: Projection, names: ReadonlySet<string>): Projection {
  if (names.size === 0) return desired;
  const { ids, backends, wildcards, refused } = desired;
  const isWanted = [...names].some((name) => desired.frontends.has(name));
  return {
    frontends: isWanted
      ? new Map([...desired.frontends].filter(([name]) => !names.has(name)))
      : desired.frontends,
    ids,
    backends,
    wildcards,
    refused,
    refusedNames: new Map([
      ...[...names].map((name): [string, number] => [name, 1]),
      ...desired.refusedNames,
    ]),
    get entries() {
      return desired.entries;
    },
  };
}

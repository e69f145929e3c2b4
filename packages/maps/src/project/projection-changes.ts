/** What may differ from the maps since it was last asked for: a superset of what does. */
export interface ProjectionChanges {
  /** Names of frontends. */
  readonly frontends: Set<string>;
  /** Ids of backends. */
  readonly backends: Set<number>;
  /** Addresses with a wildcard entry. */
  readonly wildcards: Set<string>;
}

export function noChanges(): ProjectionChanges {
  return { frontends: new Set(), backends: new Set(), wildcards: new Set() };
}

/** What either of them names; neither is altered. */
export function mergeChanges(a: ProjectionChanges, b: ProjectionChanges): ProjectionChanges {
  return {
    frontends: union(a.frontends, b.frontends),
    backends: union(a.backends, b.backends),
    wildcards: union(a.wildcards, b.wildcards),
  };
}

function union<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): Set<T> {
  const both = new Set(a);
  for (const one of b) both.add(one);
  return both;
}

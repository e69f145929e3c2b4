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
    frontends: new Set([...a.frontends, ...b.frontends]),
    backends: new Set([...a.backends, ...b.backends]),
    wildcards: new Set([...a.wildcards, ...b.wildcards]),
  };
}

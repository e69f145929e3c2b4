import type { Backend, Frontend } from '@lbx/maps';

/**
 * `after` with the objects of `before` wherever they say the same: frontends and backend arrays that did not change keep
 * their identity. @returns `before` itself if nothing changed.
 */
export function reuseFrontends(before: readonly Frontend[], after: readonly Frontend[]): readonly Frontend[] {
  if (before.length === 0 || after.length === 0) return after;
  const old = new Map<string, Frontend>();
  for (const frontend of before) old.set(place(frontend), frontend);
  const arrays = new Map<readonly Backend[], readonly Backend[]>();
  for (const frontend of after) {
    const other = old.get(place(frontend));
    if (other === undefined || arrays.has(frontend.backends)) continue;
    if (sameBackends(other.backends, frontend.backends)) arrays.set(frontend.backends, other.backends);
  }
  const reused = after.map((frontend) => {
    const other = old.get(place(frontend));
    const backends = arrays.get(frontend.backends) ?? frontend.backends;
    const renewed = backends === frontend.backends ? frontend : { ...frontend, backends };
    return other !== undefined && sameFrontend(other, renewed) ? other : renewed;
  });
  return reused.length === before.length && reused.every((frontend, i) => frontend === before[i])
    ? before
    : reused;
}

function place(frontend: Frontend): string {
  return `${frontend.address} ${frontend.port} ${frontend.protocol} ${frontend.scope ?? 'external'}`;
}

function sameFrontend(a: Frontend, b: Frontend): boolean {
  const keys = Object.keys(a) as (keyof Frontend)[];
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => {
    const x = a[key];
    const y = b[key];
    if (x === y) return true;
    return key === 'sourceRanges' && String(x) === String(y);
  });
}

function sameBackends(a: readonly Backend[], b: readonly Backend[]): boolean {
  return a.length === b.length && a.every((backend, i) => sameBackend(backend, b[i]!));
}

function sameBackend(a: Backend, b: Backend): boolean {
  return (
    a.address === b.address &&
    a.port === b.port &&
    a.protocol === b.protocol &&
    a.state === b.state &&
    a.standby === b.standby &&
    a.node === b.node
  );
}

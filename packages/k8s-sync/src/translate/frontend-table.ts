import type { Frontend } from '@lbx/maps';
import type { FrontendConflictError } from '../errors.ts';
import { type Claimant, FrontendClaims } from './frontend-claims.ts';
import { reuseFrontends } from './reuse-frontends.ts';

const none: readonly Frontend[] = [];

/** The frontends of Services and Pods: what each asks for, what it has of that, and what changed. */
export class FrontendTable {
  readonly #asked = new Map<
    string,
    { readonly claimant: Claimant; readonly frontends: readonly Frontend[] }
  >();
  readonly #claims = new FrontendClaims();
  /** Frontends that a Service or Pod really has. */
  readonly #won = new Map<string, readonly Frontend[]>();
  /** Whose share has to be looked at again. */
  readonly #affected = new Set<string>();
  #sorted: string[] | undefined = [];

  /** What `claimant` asks for now, whole. Frontends that say the same as before keep their identity. */
  set(claimant: Claimant, frontends: readonly Frontend[]): void {
    const key = claimant.service;
    const before = this.#asked.get(key)?.frontends ?? none;
    if (before.length === 0 && frontends.length === 0) return;
    const after = reuseFrontends(before, frontends);
    if (after.length === 0) this.#asked.delete(key);
    else this.#asked.set(key, { claimant, frontends: after });
    this.#affected.add(key);
    for (const other of this.#claims.replace(claimant, before, after)) this.#affected.add(other);
  }

  /** Those whose frontends changed since the last call, sorted. */
  takeChanged(): string[] {
    const changed: string[] = [];
    for (const key of this.#affected) {
      const asked = this.#asked.get(key);
      const before = this.#won.get(key) ?? none;
      const after = asked === undefined ? none : this.#claims.won(asked.claimant, asked.frontends);
      if (before.length === after.length && before.every((frontend, i) => frontend === after[i])) continue;
      if (before.length === 0 || after.length === 0) this.#sorted = undefined;
      if (after.length === 0) this.#won.delete(key);
      else this.#won.set(key, after);
      changed.push(key);
    }
    this.#affected.clear();
    return changed.sort();
  }

  /** What a Service or Pod has; after takeChanged(). */
  frontendsOf(key: string): readonly Frontend[] {
    return this.#won.get(key) ?? none;
  }

  /** All frontends, sorted by owner; after takeChanged(). */
  all(): Frontend[] {
    this.#sorted ??= [...this.#won.keys()].sort();
    const frontends: Frontend[] = [];
    for (const key of this.#sorted) for (const frontend of this.frontendsOf(key)) frontends.push(frontend);
    return frontends;
  }

  conflicts(): FrontendConflictError[] {
    return this.#claims.conflicts();
  }
}

import type { Frontend } from '../model/frontend.ts';
import type { FrontendEntries, Placement } from './frontend-entries.ts';

/** A place (address, port, protocol, scope) that a frontend of a service asks for. */
export interface Claim {
  readonly service: string;
  readonly frontend: Frontend;
  readonly place: Omit<Placement, 'revNatId'>;
  /** The frontend asked for all node addresses, and this is one of them. */
  readonly expanded: boolean;
  /** Its entries, once they were made. */
  group?: FrontendEntries;
}

/**
 * Who has which place. What was asked for by address goes before what a NodePort expands to; of equals the one that came
 * first has it as long as it wants it.
 */
export class Claims {
  readonly #byName = new Map<string, Claim | Claim[]>();

  /** Who has a place. */
  holderOf(name: string): Claim | undefined {
    const held = this.#byName.get(name);
    return Array.isArray(held) ? held[0] : held;
  }

  /**
   * The claims of a service are no longer `before` but `after`.
   * @param others - gets the services whose share changes by it.
   */
  replace(before: readonly Claim[], after: readonly Claim[], others: Set<string>): void {
    const old = new Map<string, Claim>();
    for (const claim of before) if (!after.includes(claim)) old.set(claim.place.name, claim);
    for (const claim of after) {
      if (before.includes(claim)) continue;
      const predecessor = old.get(claim.place.name);
      if (predecessor?.expanded === claim.expanded) {
        old.delete(claim.place.name);
        this.#exchange(predecessor, claim);
      } else this.#add(claim, others);
    }
    for (const claim of before) if (!after.includes(claim)) this.#remove(claim, others);
  }

  #exchange(before: Claim, after: Claim): void {
    const { name } = after.place;
    const held = this.#byName.get(name);
    if (Array.isArray(held)) held[held.indexOf(before)] = after;
    else this.#byName.set(name, after);
  }

  #add(claim: Claim, others: Set<string>): void {
    const { name } = claim.place;
    const held = this.#byName.get(name);
    if (held === undefined) {
      this.#byName.set(name, claim);
      return;
    }
    const list = Array.isArray(held) ? held : [held];
    for (const { service } of list) others.add(service);
    const at = claim.expanded ? list.length : list.findIndex(({ expanded }) => expanded);
    list.splice(at < 0 ? list.length : at, 0, claim);
    this.#byName.set(name, list);
  }

  #remove(claim: Claim, others: Set<string>): void {
    const { name } = claim.place;
    const held = this.#byName.get(name);
    if (held === claim) this.#byName.delete(name);
    if (!Array.isArray(held) || !held.includes(claim)) return;
    const rest = held.filter((other) => other !== claim);
    for (const { service } of rest) others.add(service);
    this.#byName.set(name, rest.length === 1 ? rest[0]! : rest);
  }
}

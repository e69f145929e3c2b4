import type { Frontend } from '@lbx/maps';
import { FrontendConflictError } from '../errors.ts';
import { endpointText } from '../objects/ip-address.ts';

/** Who may have an address first: the older Service, then the first by name. */
export interface Claimant {
  readonly service: string;
  readonly createdAt: string;
}

/**
 * Which Service has which address, port and protocol. Only contested ones cost anything; the API server prevents them
 * for cluster IPs and NodePorts, nobody does for external IPs.
 */
export class FrontendClaims {
  readonly #claims = new Map<string, Claimant | Claimant[]>();
  readonly #contested = new Set<string>();

  /** The frontends of `claimant` change from `before` to `after`. @returns other Services whose share changes. */
  replace(claimant: Claimant, before: readonly Frontend[], after: readonly Frontend[]): Set<string> {
    const others = new Set<string>();
    const keep = new Set(after.map(claimKey));
    for (const frontend of before) {
      const key = claimKey(frontend);
      if (!keep.has(key)) this.#remove(key, claimant.service, others);
    }
    for (const key of keep) this.#add(key, claimant, others);
    return others;
  }

  /** What is left to `service` of its frontends: the same array if none is contested. */
  won(service: string, frontends: readonly Frontend[]): readonly Frontend[] {
    if (this.#contested.size === 0 || frontends.every((f) => this.#hasIt(service, f))) return frontends;
    return frontends.filter((frontend) => this.#hasIt(service, frontend));
  }

  /** One error per contested address and losing Service, sorted. */
  conflicts(): FrontendConflictError[] {
    return [...this.#contested].sort().flatMap((key) => {
      const [winner, ...losers] = this.#claims.get(key) as Claimant[];
      return losers.map((loser) => new FrontendConflictError(key, winner!.service, loser.service));
    });
  }

  #hasIt(service: string, frontend: Frontend): boolean {
    const claim = this.#claims.get(claimKey(frontend));
    return !Array.isArray(claim) || claim[0]?.service === service;
  }

  #add(key: string, claimant: Claimant, others: Set<string>): void {
    const claim = this.#claims.get(key);
    if (claim === undefined || (!Array.isArray(claim) && claim.service === claimant.service)) {
      this.#claims.set(key, claimant);
      return;
    }
    const list = (Array.isArray(claim) ? claim : [claim]).filter(
      (other) => other.service !== claimant.service,
    );
    list.push(claimant);
    list.sort(compareClaimants);
    this.#claims.set(key, list);
    this.#contested.add(key);
    for (const other of list) if (other !== claimant) others.add(other.service);
  }

  #remove(key: string, service: string, others: Set<string>): void {
    const claim = this.#claims.get(key);
    if (claim === undefined) return;
    const rest = (Array.isArray(claim) ? claim : [claim]).filter((other) => other.service !== service);
    for (const other of rest) others.add(other.service);
    if (rest.length > 1) {
      this.#claims.set(key, rest);
      return;
    }
    this.#contested.delete(key);
    if (rest[0] === undefined) this.#claims.delete(key);
    else this.#claims.set(key, rest[0]);
  }
}

function compareClaimants(a: Claimant, b: Claimant): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return a.service < b.service ? -1 : 1;
}

/** Both scopes of a frontend belong together. */
function claimKey(frontend: Frontend): string {
  return `${endpointText(frontend.address, frontend.port)}/${frontend.protocol}`;
}

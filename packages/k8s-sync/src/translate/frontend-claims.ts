import type { Frontend } from '@lbx/maps';
import { FrontendConflictError } from '../errors.ts';
import { endpointText } from '../objects/ip-address.ts';

/** Who asks for frontends: a Service, or a Pod with host ports. */
export interface Claimant {
  /** "namespace/name" of a Service, "Pod namespace/name" of a Pod. */
  readonly service: string;
  /** The lower one has it first: Services before Pods, as kube-proxy's rules stand before those of CNI portmap. */
  readonly rank: ClaimRank;
  /** Within a rank the older one has it, then the first by name. */
  readonly createdAt: string;
}

type ClaimRank = (typeof claimRank)[keyof typeof claimRank];
export const claimRank = { service: 0, pod: 1, deletedPod: 2 } as const;

/**
 * Which Service or Pod has which address, port and protocol. Only contested ones cost anything; the API server prevents
 * them for cluster IPs and NodePorts, the scheduler for most host ports, nobody does for external IPs.
 *
 * A host port on one address also yields to a NodePort or host port on all addresses (0.0.0.0) that comes before it. The
 * other way round each keeps its part: the one address, and all others.
 */
export class FrontendClaims {
  readonly #claims = new Map<string, Claimant | Claimant[]>();
  readonly #contested = new Set<string>();
  /** Host ports on one address, by the key of the same port on all addresses. */
  readonly #single = new Map<string, Map<string, Claimant>>();

  /** The frontends of `claimant` change from `before` to `after`. @returns others whose share may change. */
  replace(claimant: Claimant, before: readonly Frontend[], after: readonly Frontend[]): Set<string> {
    const others = new Set<string>();
    const keep = new Set(after.map(claimKey));
    for (const frontend of before) {
      const key = claimKey(frontend);
      if (keep.has(key)) continue;
      this.#remove(key, claimant.service, others);
      if (isSingle(frontend)) this.#setSingle(key, frontend, claimant.service, undefined);
    }
    for (const key of keep) this.#add(key, claimant, others);
    for (const frontend of after) {
      if (isSingle(frontend)) this.#setSingle(claimKey(frontend), frontend, claimant.service, claimant);
    }
    return others;
  }

  /** What is left to `claimant` of its frontends: the same array if none is contested. */
  won(claimant: Claimant, frontends: readonly Frontend[]): readonly Frontend[] {
    if (this.#contested.size === 0 && this.#single.size === 0) return frontends;
    if (frontends.every((frontend) => this.#hasIt(claimant, frontend))) return frontends;
    return frontends.filter((frontend) => this.#hasIt(claimant, frontend));
  }

  /** One error per contested address and loser, sorted. A Pod that is being deleted loses without a word. */
  conflicts(): FrontendConflictError[] {
    const errors: FrontendConflictError[] = [];
    for (const key of this.#contested) {
      const [winner, ...losers] = this.#claims.get(key) as Claimant[];
      for (const loser of losers) {
        if (!this.#isEcho(key, loser))
          errors.push(new FrontendConflictError(key, winner!.service, loser.service));
      }
    }
    for (const [all, singles] of this.#single) {
      for (const [place, loser] of singles) {
        const key = place.slice(0, place.indexOf(' '));
        const winner = this.#coveredBy(all, loser);
        if (winner !== undefined && this.#winner(key)?.service === loser.service && !this.#isEcho(key, loser))
          errors.push(new FrontendConflictError(key, winner.service, loser.service));
      }
    }
    const sortKey = (error: FrontendConflictError) => `${error.frontend} ${error.loser}`;
    return errors.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  }

  #hasIt(claimant: Claimant, frontend: Frontend): boolean {
    if (this.#winner(claimKey(frontend))?.service !== claimant.service) return false;
    return !isSingle(frontend) || this.#coveredBy(allAddressesKey(frontend), claimant) === undefined;
  }

  #winner(key: string): Claimant | undefined {
    const claim = this.#claims.get(key);
    return Array.isArray(claim) ? claim[0] : claim;
  }

  /** Who has the port on all addresses, if `claimant` has to yield to it. */
  #coveredBy(allAddresses: string, claimant: Claimant): Claimant | undefined {
    const winner = this.#winner(allAddresses);
    if (winner === undefined || winner.service === claimant.service) return undefined;
    return compareClaimants(winner, claimant) < 0 ? winner : undefined;
  }

  /** Nothing worth saying: it is on its way out, or the same conflict on all addresses is told already. */
  #isEcho(key: string, loser: Claimant): boolean {
    if (loser.rank === claimRank.deletedPod) return true;
    if (!key.startsWith('127.0.0.1:')) return false;
    const claim = this.#claims.get(key.replace('127.0.0.1:', '0.0.0.0:'));
    const claimants = claim === undefined ? [] : Array.isArray(claim) ? claim : [claim];
    return claimants.some(({ service }) => service === loser.service);
  }

  #add(key: string, claimant: Claimant, others: Set<string>): void {
    const claim = this.#claims.get(key);
    if (claim === undefined || (!Array.isArray(claim) && claim.service === claimant.service)) {
      this.#claims.set(key, claimant);
    } else {
      const list = (Array.isArray(claim) ? claim : [claim]).filter(
        (other) => other.service !== claimant.service,
      );
      list.push(claimant);
      list.sort(compareClaimants);
      this.#claims.set(key, list);
      this.#contested.add(key);
      for (const other of list) if (other !== claimant) others.add(other.service);
    }
    this.#touchSingle(key, others);
  }

  #remove(key: string, service: string, others: Set<string>): void {
    const claim = this.#claims.get(key);
    if (claim === undefined) return;
    const rest = (Array.isArray(claim) ? claim : [claim]).filter((other) => other.service !== service);
    for (const other of rest) others.add(other.service);
    if (rest.length > 1) this.#claims.set(key, rest);
    else {
      this.#contested.delete(key);
      if (rest[0] === undefined) this.#claims.delete(key);
      else this.#claims.set(key, rest[0]);
    }
    this.#touchSingle(key, others);
  }

  #setSingle(key: string, frontend: Frontend, service: string, claimant: Claimant | undefined): void {
    const all = allAddressesKey(frontend);
    const singles = this.#single.get(all) ?? new Map<string, Claimant>();
    if (claimant === undefined) singles.delete(`${key} ${service}`);
    else singles.set(`${key} ${service}`, claimant);
    if (singles.size === 0) this.#single.delete(all);
    else this.#single.set(all, singles);
  }

  #touchSingle(key: string, others: Set<string>): void {
    const singles = this.#single.get(key);
    if (singles !== undefined) for (const { service } of singles.values()) others.add(service);
  }
}

function compareClaimants(a: Claimant, b: Claimant): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return a.service < b.service ? -1 : 1;
}

/** A host port that is not on all addresses. */
function isSingle({ type, address }: Frontend): boolean {
  return type === 'HostPort' && address !== '0.0.0.0' && address !== '::';
}

/** Both scopes of a frontend belong together. */
function claimKey(frontend: Frontend): string {
  return [endpointText(frontend.address, frontend.port), frontend.protocol].join('/');
}

function allAddressesKey({ address, port, protocol }: Frontend): string {
  return `${endpointText(address.includes(':') ? '::' : '0.0.0.0', port)}/${protocol}`;
}

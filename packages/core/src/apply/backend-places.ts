import { type Backend, type Frontend, protocolNumbers } from '@lbx/maps';

/**
 * Which backends are on this node. Entries do not say it, the model does (`node`); where it says nothing, a backend on
 * one of the node's own addresses is local. For the others the datapath asks the kernel's routing table per flow.
 */
export interface BackendPlaces {
  /**
   * Takes the backends of exactly these frontends. Returns the names ("ip:port/PROTO number") of backends that became
   * or ceased to be local. Work for arrays of backends that are new or gone, not for all.
   */
  learn(frontends: Iterable<Frontend>): ReadonlySet<string>;
  /** The node has these addresses now. Returns as `learn` does; some of these may be where they were. */
  setOwnAddresses(addresses: ReadonlySet<string>): ReadonlySet<string>;
  isLocal(name: string): boolean;
  /** Addresses of backends that are not local, each once. */
  remoteAddresses(): string[];
}

/** Name of a backend as its entry tells it too. */
export const backendName = (address: string, port: number, proto: number): string =>
  `${address} ${port} ${proto}`;

/** Counts how often each text is held. */
class Tally {
  readonly counts = new Map<string, number>();
  /** Returns whether the text came (or went) by this. */
  change(text: string, by: 1 | -1): boolean {
    const before = this.counts.get(text) ?? 0;
    const now = before + by;
    if (now === 0) this.counts.delete(text);
    else this.counts.set(text, now);
    return before === 0 || now === 0;
  }
}

/** @param ownAddresses - of this network namespace. */
export function createBackendPlaces(ownAddresses: ReadonlySet<string>): BackendPlaces {
  let own = ownAddresses;
  const local = new Tally();
  const remote = new Tally();
  let held: ReadonlySet<readonly Backend[]> = new Set();

  const count = (backends: readonly Backend[], by: 1 | -1, changed: Set<string>) => {
    for (const { address, port, protocol, node } of backends) {
      if (node === 'local' || (node === undefined && own.has(address))) {
        const name = backendName(address, port, protocolNumbers[protocol]);
        if (local.change(name, by)) changed.add(name);
      } else remote.change(address, by);
    }
  };
  return {
    learn(frontends) {
      const now = new Set<readonly Backend[]>();
      for (const { backends } of frontends) now.add(backends);
      const changed = new Set<string>();
      for (const backends of now) if (!held.has(backends)) count(backends, 1, changed);
      for (const backends of held) if (!now.has(backends)) count(backends, -1, changed);
      held = now;
      return changed;
    },
    setOwnAddresses(addresses) {
      const changed = new Set<string>();
      if (addresses.size === own.size && [...addresses].every((address) => own.has(address))) return changed;
      for (const backends of held) count(backends, -1, changed);
      own = addresses;
      for (const backends of held) count(backends, 1, changed);
      return changed;
    },
    isLocal: (name) => local.counts.has(name),
    remoteAddresses: () => [...remote.counts.keys()],
  };
}

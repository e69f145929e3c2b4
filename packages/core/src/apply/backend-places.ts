import { type Backend, type Frontend, protocolNumbers } from '@lbx/maps';

/**
 * Which backends are on this node. Entries do not say it, the model does (`node`); where it says nothing, a backend on
 * one of the node's own addresses is local. For the others the datapath asks the kernel's routing table per flow.
 */
export interface BackendPlaces {
  /** A service has frontends `after` where it had `before`. Costs what these have. */
  replace(before: readonly Frontend[], after: readonly Frontend[]): void;
  /** The node has these addresses now. */
  setOwnAddresses(addresses: ReadonlySet<string>): void;
  isLocal(name: string): boolean;
  /** What changed since the last call. */
  takeMoves(): BackendMoves;
}

export interface BackendMoves {
  /** Names of backends ("ip port proto") that became or ceased to be local, or came and went. */
  readonly local: ReadonlySet<string>;
  /** Addresses that have backends on other nodes now, or no longer; none where they are not followed. */
  readonly remoteAdded: readonly string[];
  readonly remoteRemoved: readonly string[];
}

/** Name of a backend as its entry tells it too. */
export const backendName = (address: string, port: number, proto: number): string =>
  `${address} ${port} ${proto}`;

/** Counts how often each text is held. */
class Tally {
  readonly counts = new Map<string, number>();
  readonly touched = new Set<string>();

  change(text: string, by: 1 | -1): void {
    const now = (this.counts.get(text) ?? 0) + by;
    if (now === 0) this.counts.delete(text);
    else this.counts.set(text, now);
    // It came or went by this.
    if (now === 0 || (now === 1 && by === 1)) this.touched.add(text);
  }
}

/**
 * @param ownAddresses - of this network namespace.
 * @param followsRemote - say false where nobody asks for addresses on other nodes: there may be a hundred thousand.
 */
export function createBackendPlaces(ownAddresses: ReadonlySet<string>, followsRemote = true): BackendPlaces {
  let own = ownAddresses;
  const local = new Tally();
  const remote = new Tally();
  /** Arrays of backends, and how many frontends have them. */
  const held = new Map<readonly Backend[], number>();

  const count = (backends: readonly Backend[], by: 1 | -1) => {
    for (const { address, port, protocol, node } of backends) {
      if (node === 'local' || (node === undefined && own.has(address)))
        local.change(backendName(address, port, protocolNumbers[protocol]), by);
      else if (followsRemote) remote.change(address, by);
    }
  };
  const hold = ({ backends }: Frontend, by: 1 | -1) => {
    const holders = (held.get(backends) ?? 0) + by;
    if (holders === 0) held.delete(backends);
    else held.set(backends, holders);
    if (holders === 0 || (holders === 1 && by === 1)) count(backends, by);
  };
  return {
    replace(before, after) {
      for (const frontend of after) hold(frontend, 1);
      for (const frontend of before) hold(frontend, -1);
    },
    setOwnAddresses(addresses) {
      if (addresses.size === own.size && [...addresses].every((address) => own.has(address))) return;
      for (const backends of held.keys()) count(backends, -1);
      own = addresses;
      for (const backends of held.keys()) count(backends, 1);
    },
    isLocal: (name) => local.counts.has(name),
    takeMoves() {
      const isThere = (address: string) => remote.counts.has(address);
      const moves = {
        local: new Set(local.touched),
        remoteAdded: [...remote.touched].filter(isThere),
        remoteRemoved: [...remote.touched].filter((address) => !isThere(address)),
      };
      local.touched.clear();
      remote.touched.clear();
      return moves;
    },
  };
}

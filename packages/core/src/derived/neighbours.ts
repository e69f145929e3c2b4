import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** The discard service: nothing listens there, and an answer does not matter. */
const discardPort = 9;

/**
 * Keeps the kernel's neighbour entries of backends fresh. XDP can only send to neighbours that the kernel has resolved,
 * and its packets do not make the kernel ask; an empty datagram to the backend does.
 */
export function createNeighbourKeeper(intervalMs = 15_000): NeighbourKeeper {
  let addresses: readonly string[] = [];
  const sockets = new Map<4 | 6, Socket>();

  const socketOf = (family: 4 | 6): Socket => {
    let socket = sockets.get(family);
    if (socket === undefined) {
      socket = createSocket(family === 6 ? 'udp6' : 'udp4');
      // No route or no neighbour: the datapath counts and names it; there is nothing to do here.
      socket.on('error', () => {});
      socket.unref();
      sockets.set(family, socket);
    }
    return socket;
  };
  const poke = (wanted: readonly string[]) => {
    for (const address of wanted) socketOf(isIPv6(address) ? 6 : 4).send('', discardPort, address, () => {});
  };
  const timer = setInterval(() => poke(addresses), intervalMs);
  timer.unref();

  return {
    keep(wanted) {
      const known = new Set(addresses);
      addresses = [...new Set(wanted)];
      poke(addresses.filter((address) => !known.has(address)));
    },
    close() {
      clearInterval(timer);
      for (const socket of sockets.values()) socket.close();
      sockets.clear();
    },
  };
}

export interface NeighbourKeeper {
  /** Replaces the addresses that are kept; new ones are resolved at once. */
  keep(addresses: readonly string[]): void;
  close(): void;
}

import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** The discard service: nothing listens there, and an answer does not matter. */
const discardPort = 9;

/** Datagrams that are sent in one go; more would hold up everything else. */
const burst = 256;

/** Keeps the kernel's neighbour entries of addresses fresh. */
export interface NeighbourKeeper {
  /** Addresses to keep from now on; new ones are resolved at once. */
  add(addresses: Iterable<string>): void;
  remove(addresses: Iterable<string>): void;
  close(): void;
}

/**
 * XDP can only send to neighbours that the kernel has resolved, and its packets do not make the kernel ask; an empty
 * datagram to the backend does.
 */
export function createNeighbourKeeper(intervalMs = 15_000): NeighbourKeeper {
  const kept = new Set<string>();
  const sockets = new Map<4 | 6, Socket>();
  let waiting: string[] = [];
  let later: NodeJS.Timeout | undefined;

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
  const poke = () => {
    later = undefined;
    for (const address of waiting.splice(0, burst))
      if (kept.has(address)) socketOf(isIPv6(address) ? 6 : 4).send('', discardPort, address, () => {});
    if (waiting.length > 0) later = setTimeout(poke, 10).unref();
  };
  const send = (addresses: readonly string[]) => {
    waiting = waiting.concat(addresses);
    if (later === undefined) poke();
  };
  const timer = setInterval(() => {
    if (waiting.length === 0) send([...kept]);
  }, intervalMs);
  timer.unref();

  return {
    add(addresses) {
      const fresh = [...new Set(addresses)].filter((address) => !kept.has(address));
      for (const address of fresh) kept.add(address);
      if (fresh.length > 0) send(fresh);
    },
    remove(addresses) {
      for (const address of addresses) kept.delete(address);
    },
    close() {
      clearInterval(timer);
      clearTimeout(later);
      for (const socket of sockets.values()) socket.close();
      sockets.clear();
    },
  };
}

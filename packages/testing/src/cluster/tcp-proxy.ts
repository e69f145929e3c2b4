import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { closeOnce, type Resource } from '../resource.ts';
import { listening } from './server-process.ts';

/** A TCP proxy on 127.0.0.1 that breaks connections in the ways a network does. */
export interface TcpProxy extends Resource {
  readonly port: number;
  /** Connections that are open through it. */
  readonly connections: number;
  /** Connections that were ever made through it. */
  readonly accepted: number;
  /** Resets all connections; new ones are accepted. */
  cut(): void;
  /** Nothing gets through any more, in either direction, and nobody is told; new connections hang too. */
  stall(): void;
  /** The connections there are hang for good, as after a reboot of something in between (half-open); new ones work. */
  strand(): void;
  /** Resets new connections at once, as where nothing listens. */
  refuse(): void;
  /** Each byte arrives so much later. */
  delay(milliseconds: number): void;
  /** Everything works again. What was stalled goes on, as after a short failure of the network. */
  resume(): void;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Starts a proxy in front of a port of 127.0.0.1. */
export async function createTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const stranded = new Set<Pair>();
  let mode: 'open' | 'stalled' | 'refusing' = 'open';
  let delayMs = 0;
  let accepted = 0;

  const forward = (from: Socket, to: Socket) => {
    from.on('data', (chunk) => {
      if (delayMs === 0) return void to.write(chunk);
      setTimeout(() => to.destroyed || to.write(chunk), delayMs);
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
  };
  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    accepted += 1;
    if (mode === 'refusing') return void client.resetAndDestroy();
    const pair = { client, server: connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true }) };
    pairs.add(pair);
    forward(client, pair.server);
    forward(pair.server, client);
    pair.server.on('close', () => {
      pairs.delete(pair);
      stranded.delete(pair);
      client.destroy();
    });
    client.on('close', () => pair.server.destroy());
    if (mode === 'stalled') hold(pair);
  });
  const hold = ({ client, server }: Pair) => {
    client.pause();
    server.pause();
  };
  server.listen(0, '127.0.0.1');
  await listening(server);
  const cut = () => {
    for (const pair of pairs) {
      pair.client.resetAndDestroy();
      pair.server.destroy();
    }
  };
  const close = closeOnce(() => {
    server.close();
    cut();
  });
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return pairs.size;
    },
    get accepted() {
      return accepted;
    },
    cut,
    stall() {
      mode = 'stalled';
      for (const pair of pairs) hold(pair);
    },
    strand() {
      for (const pair of pairs) {
        hold(pair);
        stranded.add(pair);
      }
    },
    refuse() {
      mode = 'refusing';
      cut();
    },
    delay(milliseconds) {
      delayMs = milliseconds;
    },
    resume() {
      mode = 'open';
      delayMs = 0;
      for (const pair of pairs) {
        if (stranded.has(pair)) continue;
        pair.client.resume();
        pair.server.resume();
      }
    },
    close,
    [Symbol.dispose]: close,
  };
}

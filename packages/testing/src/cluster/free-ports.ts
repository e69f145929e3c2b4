import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that the kernel gives to clients and to servers that ask for any, and above well-known ones. */
const range = { first: 20_000, last: 29_999 };

/**
 * Ports of 127.0.0.1 that nobody listens at, and that no other call gives away as long as this process runs, also in
 * other processes: what listens there may stop, and start again later.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = range.first + Math.floor(Math.random() * (range.last - range.first + 1));
    if (await reserve(port)) ports.push(port);
  }
  return ports;
}

/** The port of the same number for datagrams stands for it. It is freed when this process ends, however that happens. */
async function reserve(port: number): Promise<boolean> {
  const token = createSocket({ type: 'udp4', reuseAddr: false }).unref();
  try {
    token.bind({ port, address: '127.0.0.1', exclusive: true });
    await once(token, 'listening');
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    await once(server.close(), 'close');
    return true;
  } catch {
    token.close();
    return false;
  }
}

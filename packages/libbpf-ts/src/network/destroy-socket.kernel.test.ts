import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createNetns, describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { inNetns } from '../link/in-netns.ts';
import { destroySocket, type SocketName } from './destroy-socket.ts';

const loopback4 = Uint8Array.of(127, 0, 0, 1);
const loopback6 = Uint8Array.from({ length: 16 }, (_, n) => (n === 15 ? 1 : 0));

async function open(socket: Socket, address: string): Promise<Socket> {
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

describeKernel('destroySocket', () => {
  test.each([
    [4, '127.0.0.1', loopback4],
    [6, '::1', loopback6],
  ] as const)(
    'disconnects a UDP socket of IPv%i, and only the one that is meant',
    async (family, text, address) => {
      const peer = await open(createSocket(`udp${family}`), text);
      const socket = await open(createSocket(`udp${family}`), text);
      try {
        socket.connect(peer.address().port, text);
        await once(socket, 'connect');
        const name: SocketName = {
          protocol: 'udp',
          family,
          localAddress: address,
          localPort: socket.address().port,
          remoteAddress: address,
          remotePort: peer.address().port,
        };
        const netns = createNetns('destroy');
        expect(inNetns(netns.path, () => destroySocket(name))).toBe(false);
        netns.close();
        expect(destroySocket({ ...name, cookie: 1n })).toBe(false);
        expect(destroySocket({ ...name, remotePort: name.remotePort ^ 1 })).toBe(false);
        socket.send('still there');
        expect(String((await once(peer, 'message'))[0])).toBe('still there');

        const failed = once(socket, 'message');
        expect(destroySocket(name)).toBe(true);
        await expect(failed).rejects.toMatchObject({ code: 'ECONNABORTED' });
        expect(destroySocket(name)).toBe(false);
      } finally {
        socket.close();
        peer.close();
      }
    },
  );

  test('resets a TCP connection', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const accepted = once(server, 'connection');
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      const [peer] = (await accepted) as [typeof socket];
      const ended = [socket, peer].map((end) => once(end, 'close').catch((error: unknown) => error));
      peer.on('error', () => {});
      const [local, remote] = [loopback4, loopback4];
      const destroyed = destroySocket({
        protocol: 'tcp',
        family: 4,
        localAddress: local,
        localPort: socket.localPort!,
        remoteAddress: remote,
        remotePort: port,
      });
      expect(destroyed).toBe(true);
      expect((await ended[0]) as object).toMatchObject({ code: 'ECONNABORTED' });
    } finally {
      socket.destroy();
      server.close();
    }
  });
});

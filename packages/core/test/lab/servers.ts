import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { familyOf } from './addresses.ts';
import type { Question, Told } from './messages.ts';
import { hashOf, payload } from './payload.ts';

const NEWLINE = 10;

/** TCP: any number of questions on a connection; each is answered with who was asked, and bytes. */
export async function serveTcp(address: string, port: number): Promise<void> {
  const server = createServer((socket) => {
    socket.setNoDelay();
    socket.on('error', () => {});
    answerAll(socket);
  });
  server.listen({ host: address, port, backlog: 512 });
  await once(server, 'listening');
}

function answerAll(socket: Socket): void {
  let question: Question | undefined;
  let have: Buffer[] = [];
  let bytes = 0;
  socket.on('data', (part: Buffer) => {
    have.push(part);
    bytes += part.length;
    for (;;) {
      if (question === undefined) {
        const all = Buffer.concat(have);
        const end = all.indexOf(NEWLINE);
        if (end < 0) return;
        question = JSON.parse(all.subarray(0, end).toString()) as Question;
        have = [all.subarray(end + 1)];
        bytes = all.length - end - 1;
      }
      if (bytes < question.up) return;
      const all = Buffer.concat(have);
      const told: Told = {
        who: socket.localAddress ?? '',
        sees: socket.remoteAddress ?? '',
        hash: hashOf(all.subarray(0, question.up)),
      };
      socket.write(`${JSON.stringify(told)}\n`);
      if (question.down > 0) socket.write(payload(question.down, question.seed + 1));
      have = [all.subarray(question.up)];
      bytes = all.length - question.up;
      question = undefined;
    }
  });
}

/** UDP: each datagram is a line and filling; so is its answer. */
export async function serveUdp(address: string, port: number): Promise<void> {
  const socket = createSocket(familyOf(address) === 4 ? 'udp4' : 'udp6');
  socket.on('error', () => {});
  socket.on('message', (message, from) => {
    const end = message.indexOf(NEWLINE);
    const question = JSON.parse(message.subarray(0, end).toString()) as Question;
    const told: Told = { who: address, sees: from.address, hash: hashOf(message.subarray(end + 1)) };
    socket.send(datagram(told, question.down, question.seed + 1), from.port, from.address);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
}

/** A line, and filling up to the size. */
export function datagram(line: unknown, size: number, seed: number): Buffer {
  const head = Buffer.from(`${JSON.stringify(line)}\n`);
  return Buffer.concat([head, payload(Math.max(0, size - head.length), seed)]);
}

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { endpoint, familyOf } from './addresses.ts';
import type { Answer, Exchange, Question, Target, Told } from './messages.ts';
import { hashOf, payload } from './payload.ts';
import { datagram } from './servers.ts';

/** One socket of a client. */
export interface Conversation {
  exchange(exchange: Exchange, timeoutMs: number): Promise<Answer>;
  close(): void;
}

let seed = 0;
/**
 * Never the same port twice: through two addresses of a service, one client port reaches a backend on the node only
 * through one at a time.
 */
let lastPort = 19_999;

export const openConversation = (target: Target): Conversation =>
  target.protocol === 'TCP' ? openTcp(target) : openUdp(target);

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error);

function openTcp({ from, to, port }: Target): Conversation {
  const socket = connect({
    host: to,
    port,
    localPort: ++lastPort,
    ...(from === undefined ? {} : { localAddress: from }),
  });
  socket.setNoDelay();
  let received: Buffer[] = [];
  let bytes = 0;
  let problem: string | undefined;
  let wake = () => {};
  socket.on('data', (part: Buffer) => {
    received.push(part);
    bytes += part.length;
    wake();
  });
  socket.on('error', (error) => {
    problem = codeOf(error);
    wake();
  });
  socket.on('close', () => {
    problem ??= 'closed';
    wake();
  });
  return {
    async exchange({ up, down }, timeoutMs) {
      seed += 2;
      const question: Question = { up, down, seed };
      received = [];
      bytes = 0;
      const sent = payload(up, seed);
      socket.write(`${JSON.stringify(question)}\n`);
      if (up > 0) socket.write(sent);
      const deadline = setTimeout(() => {
        problem ??= 'timeout';
        wake();
      }, timeoutMs);
      try {
        let head = -1;
        for (;;) {
          if (head < 0 && bytes > 0) {
            const all = Buffer.concat(received);
            received = [all];
            head = all.indexOf(10);
          }
          if (head >= 0 && bytes >= head + 1 + down) break;
          if (problem !== undefined) return { error: problem };
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const all = Buffer.concat(received);
        const told = JSON.parse(all.subarray(0, head).toString()) as Told;
        return {
          who: told.who,
          sees: told.sees,
          from: endpoint(socket.remoteAddress ?? '', socket.remotePort ?? 0),
          intact: told.hash === hashOf(sent) && all.subarray(head + 1).equals(payload(down, seed + 1)),
        };
      } finally {
        clearTimeout(deadline);
        if (problem === 'timeout') problem = undefined;
      }
    },
    close: () => socket.destroy(),
  };
}

function openUdp({ from, to, port, connected = false }: Target): Conversation {
  const socket = createSocket(familyOf(to) === 4 ? 'udp4' : 'udp6');
  const ready = (async () => {
    socket.bind(++lastPort, from);
    await once(socket, 'listening');
    if (!connected) return;
    socket.connect(port, to);
    await once(socket, 'connect');
  })();
  return {
    async exchange({ up, down }, timeoutMs) {
      await ready;
      seed += 2;
      const sent = datagram({ up, down, seed } satisfies Question, up, seed);
      const answered = new Promise<Answer>((resolve) => {
        const done = (answer: Answer) => {
          clearTimeout(deadline);
          socket.removeAllListeners('message').removeAllListeners('error');
          // An error that comes late belongs to nobody.
          socket.on('error', () => {});
          resolve(answer);
        };
        const deadline = setTimeout(() => done({ error: 'timeout' }), timeoutMs);
        socket.on('error', (error) => done({ error: codeOf(error) }));
        socket.on('message', (message, source) => {
          const end = message.indexOf(10);
          const told = JSON.parse(message.subarray(0, end).toString()) as Told;
          const filling = message.subarray(end + 1);
          done({
            who: told.who,
            sees: told.sees,
            from: endpoint(source.address, source.port),
            intact:
              told.hash === hashOf(sent.subarray(sent.indexOf(10) + 1)) &&
              filling.equals(payload(filling.length, seed + 1)) &&
              message.length >= down,
          });
        });
        const failed = (error: Error | null) => error !== null && done({ error: codeOf(error) });
        if (connected) socket.send(sent, failed);
        else socket.send(sent, port, to, failed);
      });
      return answered;
    },
    close: () => void ready.then(() => socket.close()),
  };
}

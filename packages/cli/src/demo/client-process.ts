import { get } from 'node:http';
import { type Answer, now, type Request } from './messages.ts';

export interface ClientOptions {
  readonly address: string;
  readonly port: number;
  /** How many requests, each on a new connection; the upper bound where `untilInputEnds`. */
  readonly count: number;
  readonly concurrency: number;
  /** Go on until standard input ends. */
  readonly untilInputEnds?: boolean;
  /** Local port of the first connection; only with a count of 1. */
  readonly localPort?: number;
  readonly timeoutMs?: number;
}

/** Sends the requests and prints each as one line of JSON. */
export async function runClient(options: ClientOptions): Promise<void> {
  let left = options.count;
  if (options.untilInputEnds) {
    process.stdin.resume().once('end', () => {
      left = 0;
    });
  }
  const worker = async () => {
    while (left-- > 0) console.log(JSON.stringify(await request(options)));
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  // Standard input may still be open; nothing else is to come.
  process.stdin.pause();
}

function request({ address, port, localPort, timeoutMs = 15_000 }: ClientOptions): Promise<Request> {
  return new Promise((resolve) => {
    const startedAt = now();
    let usedPort = 0;
    const done = (outcome: { answer: Answer } | { error: string }) =>
      resolve({ localPort: usedPort, startedAt, endedAt: now(), ...outcome });
    const sent = get(
      {
        host: address,
        port,
        agent: false,
        timeout: timeoutMs,
        ...(localPort === undefined ? {} : { localPort }),
      },
      (response) => {
        usedPort = response.socket.localPort ?? 0;
        let body = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          body += part;
        });
        response.once('end', () => done({ answer: JSON.parse(body) as Answer }));
      },
    );
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    sent.once('error', (error) => done({ error: error.message }));
  });
}

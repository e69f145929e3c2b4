import type { IncomingMessage, Server } from 'node:http';
import type { HealthAnswer } from './health-answer.ts';
import { HealthPortError, listenFailure } from './health-error.ts';

export interface HealthListenerOptions {
  readonly address: string;
  readonly port: number;
  readonly answer: (path: string) => HealthAnswer;
  /** For messages: "health checks of Service default/web". */
  readonly purpose: () => string;
  readonly retryMs: number;
  /** Told once for each row of failures. */
  readonly onProblem: (problem: HealthPortError) => void;
}

/** Answers HTTP on one address and port; where it cannot, it tries until it can or is closed. */
export class HealthListener {
  readonly #options: HealthListenerOptions;
  #server: Server | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  /** Why it does not listen; undefined while it does, and before the first attempt has ended. */
  problem: HealthPortError | undefined;
  /** The last attempt has ended, well or not. */
  tried: Promise<void>;

  constructor(options: HealthListenerOptions) {
    this.#options = options;
    this.tried = this.#open();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.tried;
    await stop(this.#server);
  }

  #open(): Promise<void> {
    const { address, port, retryMs } = this.#options;
    // Loaded here: half of what importing this package would take, and most of those who do have no health servers.
    const { createServer } = process.getBuiltinModule('node:http');
    const server = createServer((request, response) => {
      const { status, headers, body } = this.#options.answer(pathOf(request));
      request.resume();
      response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
      response.end(body);
    });
    server.requestTimeout = 10_000;
    this.#server = server;
    return new Promise((resolve) => {
      server.on('error', (cause: NodeJS.ErrnoException) => {
        resolve();
        if (this.#closed || isFamilyOff(cause, address)) return;
        this.#fail(cause);
        this.#retry = setTimeout(() => {
          this.tried = this.#open();
        }, retryMs);
        this.#retry.unref();
      });
      server.listen({ host: address, port, ipv6Only: address === '::', exclusive: true }, () => {
        this.problem = undefined;
        resolve();
      });
    });
  }

  #fail(cause: NodeJS.ErrnoException): void {
    const { address, port, purpose, onProblem } = this.#options;
    const known = this.problem?.cause as NodeJS.ErrnoException | undefined;
    if (known !== undefined && known.code === cause.code) return;
    this.problem = new HealthPortError(
      { address, port, purpose: purpose() },
      listenFailure(cause, port),
      cause,
    );
    onProblem(this.problem);
  }
}

/** All addresses of a family that this machine does not have: nobody can ask there. */
function isFamilyOff(cause: NodeJS.ErrnoException, address: string): boolean {
  return address === '::' && (cause.code === 'EAFNOSUPPORT' || cause.code === 'EADDRNOTAVAIL');
}

async function stop(server: Server | undefined): Promise<void> {
  if (server === undefined || !server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

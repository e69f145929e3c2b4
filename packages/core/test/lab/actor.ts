import { fileURLToPath } from 'node:url';
import type { CommandPlace } from '@lbx/testing';
import { talkTo } from '../lines.ts';
import type { Answer, Exchange, Request, Target } from './messages.ts';

/** A socket that stays open between exchanges. */
export interface OpenSocket {
  exchange(exchange?: Partial<Exchange> & { timeoutMs?: number }): Promise<Answer>;
  close(): Promise<void>;
}

/** A process somewhere that serves and asks. */
export interface Actor {
  /** Serves TCP and UDP there. */
  listen(addresses: readonly string[], port: number): Promise<void>;
  /** So many times on a new socket, one after the other; no more after an error. */
  ask(
    target: Target,
    options?: Partial<Exchange> & { count?: number; timeoutMs?: number },
  ): Promise<Answer[]>;
  open(target: Target): Promise<OpenSocket>;
}

const small = { up: 200, down: 200 } as const;
/** Longer than a lost SYN takes to be sent again. */
const PATIENCE_MS = 30_000;

export function startActor(place: CommandPlace): Actor {
  const script = fileURLToPath(new URL('./actor-process.ts', import.meta.url));
  const lines = talkTo(
    place.spawn(process.execPath, ['--conditions=@lbx/source', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  const call = async (request: Request) => JSON.parse(await lines.ask(JSON.stringify(request)));
  return {
    listen: (addresses, port) => call({ do: 'listen', addresses, port }),
    ask: (target, { up = small.up, down = small.down, count = 1, timeoutMs = PATIENCE_MS } = {}) =>
      call({ do: 'ask', target, exchange: { up, down }, count, timeoutMs }),
    async open(target) {
      const id: number = await call({ do: 'open', target });
      return {
        exchange: ({ up = small.up, down = small.down, timeoutMs = PATIENCE_MS } = {}) =>
          call({ do: 'exchange', id, exchange: { up, down }, timeoutMs }),
        close: () => call({ do: 'close', id }),
      };
    },
  };
}

import type { ServerResponse } from 'node:http';
import type { FakeRequest } from './fake-request.ts';

/** What a fake API server does instead of answering as it should. */
export type FakeAnswer =
  /** Another status, with a Status object. */
  | {
      readonly status: number;
      readonly reason?: string;
      readonly message?: string;
      /** Such as `{ 'retry-after': '1' }`. */
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Never a byte, and no end: the connection was accepted by something that does not live. */
  | { readonly never: true }
  /** The connection is reset before there is an answer. */
  | { readonly reset: true }
  /** The right answer, but the connection breaks after so many bytes of its body. */
  | { readonly cutAfterBytes: number }
  /** The right answer, but it falls silent after so many bytes of its body, and the connection stays open. */
  | { readonly silentAfterBytes: number }
  /** The right answer, so many bytes at a time. */
  | { readonly slow: { readonly bytes: number; readonly everyMs: number } }
  /** Exactly this body with status 200. The connection stays open if `end` is false. */
  | { readonly body: string; readonly end?: boolean }
  /** Anything else. */
  | { readonly respond: (request: FakeRequest, response: ServerResponse) => void };

/** Which requests go wrong, how often, and how. */
export type FakeFault = FakeAnswer & {
  readonly kind?: string;
  readonly verb?: FakeRequest['verb'];
  readonly when?: (request: FakeRequest) => boolean;
  /** How many requests; 1 unless said. */
  readonly times?: number;
};

/** A fault that is in force. */
export interface ActiveFault {
  /** How many requests it has hit. */
  readonly hits: number;
  stop(): void;
}

/** The faults of one server, in the order in which they were asked for. */
export class FaultList {
  readonly #faults = new Set<FakeFault & { hits: number }>();

  add(fault: FakeFault): ActiveFault {
    const active = { ...fault, hits: 0 };
    this.#faults.add(active);
    return {
      get hits() {
        return active.hits;
      },
      stop: () => this.#faults.delete(active),
    };
  }

  /** The first fault that concerns a request; it counts as used. */
  take(request: FakeRequest): FakeAnswer | undefined {
    for (const fault of this.#faults) {
      if (fault.kind !== undefined && fault.kind !== request.kind) continue;
      if (fault.verb !== undefined && fault.verb !== request.verb) continue;
      if (fault.when !== undefined && !fault.when(request)) continue;
      fault.hits += 1;
      if (fault.hits >= (fault.times ?? 1)) this.#faults.delete(fault);
      return fault;
    }
    return undefined;
  }
}

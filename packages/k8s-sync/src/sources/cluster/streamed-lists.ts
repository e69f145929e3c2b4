/** A server serves lists as streams from Kubernetes 1.34 on, with an etcd that is new enough; it may learn to any day. */
const retryMs = 10 * 60_000;
/** Streams that broke off half way, one after the other, before pages are tried: some proxy may be in the way. */
const maxBroken = 3;

/** Whether one server can list as a stream (`sendInitialEvents`), as far as is known. Shared by all kinds of a source. */
export class StreamedLists {
  readonly #enabled: boolean;
  readonly #now: () => number;
  #refusedUntil = Number.NEGATIVE_INFINITY;
  #refusal: string | undefined;
  #broken = 0;

  constructor(enabled: boolean, now = () => performance.now()) {
    this.#enabled = enabled;
    this.#now = now;
  }

  /** A list should be asked for as a stream. */
  get usable(): boolean {
    return this.#enabled && this.#now() >= this.#refusedUntil;
  }

  /** Why the server was last found unable; undefined if it never was, or is able now. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** The server cannot, or will not: for a while it is not asked again. */
  refused(reason: string): void {
    this.#broken = 0;
    this.#refusal = reason;
    this.#refusedUntil = this.#now() + retryMs;
  }

  /** A stream broke off before it was complete. That happens; if it happens every time, pages may do better. */
  brokeOff(reason: string): void {
    this.#broken += 1;
    if (this.#broken >= maxBroken) this.refused(`${maxBroken} lists as streams broke off: ${reason}`);
  }

  worked(): void {
    this.#broken = 0;
    this.#refusal = undefined;
  }
}

import type { FakeObject } from './fake-object.ts';
import type { FakeRequest } from './fake-request.ts';
import type { FakeResource } from './fake-resource.ts';
import type { StoreEvent } from './object-store.ts';
import type { ResponseBody } from './response-body.ts';
import type { Selector } from './selector.ts';
import { statusObject } from './status-object.ts';

/** A watch that a client has open. */
export interface FakeWatch {
  readonly kind: string;
  readonly request: FakeRequest;
  /** Sends any event, `{ type, object }`. */
  send(event: object): void;
  /** Sends any bytes: half a line, no JSON. */
  write(text: string): void;
  /** Sends a bookmark, of the version that the server is at unless another one is given. */
  bookmark(resourceVersion?: string): void;
  /** Sends an ERROR event and ends the watch, as a server does that has forgotten what comes next. */
  fail(code: number, reason: string, message: string): void;
  /** From now on nothing comes, not even an end: a half-open connection. */
  freeze(): void;
  /** Ends it as a server does whose timeout is over. */
  end(): void;
  /** Breaks the connection. */
  cut(): void;
}

/** One open watch: what happens in the store goes to the client, as far as the selectors want it. */
export class OpenWatch implements FakeWatch {
  readonly kind: string;
  readonly request: FakeRequest;
  readonly #resource: FakeResource;
  readonly #isWanted: Selector;
  readonly #body: ResponseBody;
  readonly #version: () => number;
  #state: 'open' | 'frozen' | 'over' = 'open';

  constructor(
    request: FakeRequest,
    resource: FakeResource,
    isWanted: Selector,
    body: ResponseBody,
    version: () => number,
  ) {
    this.kind = resource.kind;
    this.request = request;
    this.#resource = resource;
    this.#isWanted = isWanted;
    this.#body = body;
    this.#version = version;
  }

  /** It has not been ended or cut. (The client may not know yet.) */
  get isOpen(): boolean {
    return this.#state !== 'over';
  }

  get wantsBookmarks(): boolean {
    return this.request.query.get('allowWatchBookmarks') === 'true';
  }

  /** What the selectors make of a change: an object that leaves the selection is deleted for this client. */
  happened({ type, object, previous }: StoreEvent): void {
    const was = previous !== undefined && this.#isWanted(previous);
    const is = type !== 'DELETED' && this.#isWanted(object);
    if (is) this.send({ type: was ? 'MODIFIED' : 'ADDED', object });
    else if (was) this.send({ type: 'DELETED', object });
  }

  /** Tells what exists, as if it were added just now. */
  addAll(objects: readonly FakeObject[]): void {
    for (const object of objects) if (this.#isWanted(object)) this.send({ type: 'ADDED', object });
  }

  send(event: object): void {
    this.write(`${JSON.stringify(event)}\n`);
  }

  write(text: string): void {
    if (this.#state === 'open') this.#body.write(text);
  }

  bookmark(resourceVersion = String(this.#version()), annotations?: Readonly<Record<string, string>>): void {
    const { kind, apiVersion } = this.#resource;
    const metadata = { resourceVersion, ...(annotations === undefined ? {} : { annotations }) };
    this.send({ type: 'BOOKMARK', object: { kind, apiVersion, metadata } });
  }

  fail(code: number, reason: string, message: string): void {
    this.send({ type: 'ERROR', object: statusObject(code, reason, message) });
    this.end();
  }

  freeze(): void {
    if (this.#state === 'open') this.#state = 'frozen';
  }

  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'over';
    this.#body.end();
  }

  cut(): void {
    this.#state = 'over';
    this.#body.cut();
  }
}

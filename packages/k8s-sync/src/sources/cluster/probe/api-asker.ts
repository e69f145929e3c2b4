import type { Dispatcher } from 'undici';
import { ApiServerError } from '../../../errors.ts';
import { ByteCollector } from '../../byte-collector.ts';
import { reasonOf, refusalOf, sendRequest } from '../api-request.ts';
import type { ClusterConnection } from '../cluster-connection.ts';
import { limitSilence } from '../limit-silence.ts';
import { clockAhead } from './clock-ahead.ts';

/** What came of a request; a refusal is an answer too. */
export type Answer = (
  | { readonly ok: true; readonly body: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly error: ApiServerError }
) & {
  /** See `clockAhead`. */
  readonly aheadMs?: number | undefined;
};

/** Nodes have long lists of images. */
const maxAnswerBytes = 32 * 2 ** 20;

/** Asks an API server single things, and takes whatever comes of it. */
export class ApiAsker {
  readonly #connection: ClusterConnection;
  readonly #timeoutMs: number;

  /** @param timeoutMs until an answer begins, and for silence within it. */
  constructor(connection: ClusterConnection, timeoutMs: number) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  get(path: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.#ask(`GET ${path}`, { path, query });
  }

  /** Asks for a review of a kind: nothing is stored, the answer is the object with its status. */
  review(group: string, kind: string, spec?: object): Promise<Answer> {
    const apiVersion = `${group}/v1`;
    const path = `/apis/${apiVersion}/${kind.toLowerCase()}s`;
    const body = { apiVersion, kind, ...(spec === undefined ? {} : { spec }) };
    return this.#ask(kind, { path, query: {}, body });
  }

  async #ask(
    kind: string,
    request: {
      readonly path: string;
      readonly query: Readonly<Record<string, string>>;
      readonly body?: object;
    },
  ): Promise<Answer> {
    const sentAt = Date.now();
    let aheadMs: number | undefined;
    try {
      const signal = AbortSignal.timeout(4 * this.#timeoutMs);
      const response = await sendRequest(this.#connection, {
        kind,
        ...request,
        answerMs: this.#timeoutMs,
        signal,
      });
      aheadMs = clockAhead(response.headers.date, sentAt, Date.now());
      if (response.statusCode > 299)
        return { ok: false, error: await refusalOf(this.#connection, kind, response), aheadMs };
      return { ok: true, body: await this.#read(response), aheadMs };
    } catch (cause) {
      const error =
        (cause as Partial<ApiServerError>).code === 'LBX_API_SERVER'
          ? (cause as ApiServerError)
          : new ApiServerError(
              kind,
              `what ${this.#connection.server} answered is not that of an API server: ${reasonOf(cause)}`,
              { cause, status: 200 },
            );
      return { ok: false, error, aheadMs };
    }
  }

  async #read({ body }: Dispatcher.ResponseData): Promise<Readonly<Record<string, unknown>>> {
    const collected = new ByteCollector(maxAnswerBytes, 'the answer');
    for await (const part of limitSilence(body, () => this.#timeoutMs)) collected.add(part);
    const value = JSON.parse(collected.take()) as unknown;
    if (typeof value !== 'object' || value === null) throw new SyntaxError('no JSON object');
    return value as Readonly<Record<string, unknown>>;
  }
}

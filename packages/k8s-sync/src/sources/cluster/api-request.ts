import type { Dispatcher } from 'undici';
import { ApiServerError } from '../../errors.ts';
import type { ClusterConnection, ClusterRequestContext } from './cluster-connection.ts';
import { limitSilence } from './limit-silence.ts';

export interface ApiRequest {
  /** Of what, for messages: "Service". */
  readonly kind: string;
  /** "/api/v1/services" */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Longest time until the answer begins. */
  readonly answerMs: number;
  readonly signal: AbortSignal;
}

/**
 * A GET request to the API server; its body is for the caller to read, with limitSilence().
 *
 * @throws ApiServerError (LBX_API_SERVER) if there is no answer, or one other than 200, with what its Status object says.
 */
export async function apiRequest(
  connection: ClusterConnection,
  options: ApiRequest,
): Promise<Dispatcher.ResponseData['body']> {
  const response = await sendRequest(connection, options);
  if (response.statusCode === 200) return response.body;
  throw await refusalOf(connection, options.kind, response);
}

/** Any request, and its answer whatever it says. @throws ApiServerError (LBX_API_SERVER) if there is none. */
export async function sendRequest(
  connection: ClusterConnection,
  { kind, path, query, body, answerMs, signal }: ApiRequest & { /** For POST. */ readonly body?: object },
): Promise<Dispatcher.ResponseData> {
  const url = `${connection.server}${path}?${new URLSearchParams(query)}`;
  let context: ClusterRequestContext;
  try {
    context = await connection.context();
  } catch (cause) {
    throw new ApiServerError(
      kind,
      `the credentials for ${connection.server} cannot be had: ${reasonOf(cause)}`,
      { cause },
    );
  }
  const { headers, dispatcher } = context;
  const { request } = await import('undici');
  try {
    return await request(url, {
      headers: {
        accept: 'application/json',
        'user-agent': 'lbx-k8s-sync',
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      dispatcher,
      headersTimeout: answerMs,
      // Whoever reads the body limits its silences.
      bodyTimeout: 0,
      signal,
    });
  } catch (cause) {
    throw new ApiServerError(kind, `no answer from ${connection.server}: ${reasonOf(cause)}`, { cause });
  }
}

/** What an answer that is none of 200 says. */
export async function refusalOf(
  connection: ClusterConnection,
  kind: string,
  { statusCode, headers, body }: Dispatcher.ResponseData,
): Promise<ApiServerError> {
  const { message, reason } = await readStatus(body);
  return new ApiServerError(
    kind,
    `${connection.server} answered ${statusCode}${hintFor(statusCode)}: ${message}`,
    {
      status: statusCode,
      reason,
      retryAfterSeconds: parseRetryAfter(headers['retry-after']),
    },
  );
}

/** Seconds, or a date; at most five minutes, so that no server can stop a watcher for good. */
export function parseRetryAfter(value: string | string[] | undefined, now = Date.now()): number | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined) return undefined;
  const seconds = /^\d+$/.test(text.trim()) ? Number(text) : (Date.parse(text) - now) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(300, Math.max(0, seconds));
}

function hintFor(status: number): string {
  if (status === 401) return ' (the credentials are not accepted; are they expired?)';
  if (status === 403) return ' (list and watch have to be allowed by a ClusterRole)';
  return '';
}

/** `message` and `reason` of a Status object, or the beginning of whatever else the answer is. */
async function readStatus(
  body: Dispatcher.ResponseData['body'],
): Promise<{ message: string; reason?: string | undefined }> {
  let text = '';
  try {
    for await (const chunk of limitSilence(body, () => 5000)) {
      text += chunk.toString();
      if (text.length > 65_536) break;
    }
    const { message, reason } = JSON.parse(text) as { message?: unknown; reason?: unknown };
    return {
      message: typeof message === 'string' ? message : text.slice(0, 200),
      reason: typeof reason === 'string' ? reason : undefined,
    };
  } catch {
    return { message: text.slice(0, 200).trim() || 'no explanation' };
  }
}

/** The text of an error, and of the first one inside an AggregateError (all addresses of a name failed). */
export function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') return reasonOf(cause.errors[0]);
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

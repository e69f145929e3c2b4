import type { ServerResponse } from 'node:http';

/** A `v1.Status` of failure, as in the body of an answer or in an ERROR event. */
export function statusObject(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** Answers with a status other than 200. */
export function sendStatus(
  response: ServerResponse,
  code: number,
  message: string,
  detail: {
    readonly reason?: string | undefined;
    readonly headers?: Readonly<Record<string, string>> | undefined;
  } = {},
): void {
  const body = statusObject(code, detail.reason ?? reasons[code] ?? 'Unknown', message);
  sendJson(response, code, body, detail.headers);
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  code: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

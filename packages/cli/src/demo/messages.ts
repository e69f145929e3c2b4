// What the processes of the demo tell each other, one JSON value a line.

/** A pod's answer to a request. */
export interface Answer {
  readonly pod: string;
  /** Address and port that the request came from, as the server's socket saw them. */
  readonly source: string;
  readonly sourcePort: number;
}

/** One request as the client saw it. Times are milliseconds since the epoch, with fractions. */
export interface Request {
  /** Local port of the client's socket. */
  readonly localPort: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly answer?: Answer;
  readonly error?: string;
}

/** Milliseconds since the epoch, finer than Date.now(). Comparable between processes of one machine. */
export const now = (): number => performance.timeOrigin + performance.now();

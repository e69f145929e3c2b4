export type Transport = 'TCP' | 'UDP';

/** A conversation of a client: what is sent, and how much is to come back. UDP: bytes of the datagrams. */
export interface Exchange {
  readonly up: number;
  readonly down: number;
}

export interface Target {
  readonly protocol: Transport;
  /** The client's address; absent: what the kernel takes. */
  readonly from?: string;
  readonly to: string;
  readonly port: number;
  /** UDP: connect the socket, so that the kernel tells of ICMP errors; it then takes answers of `to` only. */
  readonly connected?: boolean;
}

/** What the client was told by whoever answered, or what went wrong. */
export interface Answer {
  /** Address of the server. */
  readonly who?: string;
  /** The client's address as the server sees it. */
  readonly sees?: string;
  /** Where the answer came from, as the client sees it. */
  readonly from?: string;
  /** Both ways every byte came as it was sent. */
  readonly intact?: boolean;
  /** Code of the system call's error, `timeout`, or `closed`. */
  readonly error?: string;
}

/** What an actor can be asked. */
export type Request =
  | { readonly do: 'listen'; readonly addresses: readonly string[]; readonly port: number }
  | {
      readonly do: 'ask';
      readonly target: Target;
      readonly exchange: Exchange;
      readonly count: number;
      readonly timeoutMs: number;
    }
  | { readonly do: 'open'; readonly target: Target }
  | { readonly do: 'exchange'; readonly id: number; readonly exchange: Exchange; readonly timeoutMs: number }
  | { readonly do: 'close'; readonly id: number };

/** The first line of what a client sends, and of what it gets. */
export interface Question extends Exchange {
  readonly seed: number;
}

export interface Told {
  readonly who: string;
  readonly sees: string;
  /** Hash of what came. */
  readonly hash: string;
}

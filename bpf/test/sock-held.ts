// Sockets that a child process of the socket tests keeps connected while things change around them.
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface HeldSocket {
  /** By getpeername(): "ADDRESS PORT". */
  readonly peer: string;
  /** Settles with the code of the first error that the socket is given without asking. */
  readonly failure: Promise<string>;
  talk(): Promise<{ from?: string; peer?: string; error?: string }>;
  reconnect(address: string, port: number): Promise<void>;
  close(): void;
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error);

export class HeldUdp implements HeldSocket {
  readonly #socket: UdpSocket;
  readonly failure: Promise<string>;

  static async connect(address: string, port: number): Promise<HeldUdp> {
    const held = new HeldUdp(createSocket(address.includes(':') ? 'udp6' : 'udp4'));
    held.#socket.connect(port, address);
    await once(held.#socket, 'connect');
    return held;
  }

  private constructor(socket: UdpSocket) {
    this.#socket = socket;
    this.failure = new Promise((resolve) => socket.on('error', (error) => resolve(codeOf(error))));
  }

  get peer(): string {
    const { address, port } = this.#socket.remoteAddress();
    return `${address} ${port}`;
  }

  async talk(): Promise<{ from?: string; peer?: string; error?: string }> {
    const arrived = once(this.#socket, 'message');
    arrived.catch(() => undefined);
    try {
      await new Promise<void>((resolve, reject) =>
        this.#socket.send('?', (error) => (error ? reject(error) : resolve())),
      );
      const [message, { address, port }] = (await arrived) as [Buffer, RemoteInfo];
      return { from: String(message), peer: `${address} ${port}` };
    } catch (error) {
      return { error: codeOf(error) };
    }
  }

  async reconnect(address: string, port: number): Promise<void> {
    // The kernel may have disconnected it already; node does not know.
    try {
      this.#socket.disconnect();
    } catch (error) {
      if (codeOf(error) !== 'ENOTCONN') throw error;
    }
    this.#socket.connect(port, address);
    await once(this.#socket, 'connect');
  }

  close(): void {
    this.#socket.close();
  }
}

export class HeldTcp implements HeldSocket {
  readonly #socket: Socket;
  readonly failure: Promise<string>;

  static async connect(address: string, port: number): Promise<HeldTcp> {
    const held = new HeldTcp(connect({ host: address, port, allowHalfOpen: true }));
    await once(held.#socket, 'connect');
    return held;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.failure = new Promise((resolve) => socket.on('error', (error) => resolve(codeOf(error))));
  }

  get peer(): string {
    return `${this.#socket.remoteAddress} ${this.#socket.remotePort}`;
  }

  async talk(): Promise<{ from?: string; peer?: string; error?: string }> {
    const { peer } = this;
    try {
      let from = '';
      this.#socket.end();
      for await (const chunk of this.#socket) from += chunk;
      return { from, peer };
    } catch (error) {
      return { error: codeOf(error) };
    }
  }

  async reconnect(): Promise<void> {
    throw new Error('a TCP socket connects once');
  }

  close(): void {
    this.#socket.destroy();
  }
}

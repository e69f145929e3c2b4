// A UDP socket by system calls: node's own disconnects before it connects again.

import { ipv6 } from '@lbx/maps';
import koffi from 'koffi';
import type { HeldSocket } from './sock-held.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const libc = koffi.load(null);
const call = {
  socket: libc.func('int socket(int, int, int)'),
  connect: libc.func('int connect(int, void *, uint32_t)'),
  send: libc.func('intptr_t send(int, void *, size_t, int)'),
  recvfrom: libc.func('intptr_t recvfrom(int, void *, size_t, int, void *, void *)'),
  getpeername: libc.func('int getpeername(int, void *, void *)'),
  close: libc.func('int close(int)'),
};

function checked(what: string, result: unknown): number {
  if (Number(result) < 0) throw Object.assign(new Error(what), { code: `errno ${koffi.errno()}` });
  return Number(result);
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `struct sockaddr_in` or `sockaddr_in6`. */
function encode({ address, port }: Endpoint): Buffer {
  const v6 = address.includes(':');
  const bytes = Buffer.alloc(v6 ? 28 : 16);
  bytes.writeUInt16LE(v6 ? AF_INET6 : AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  if (v6) ipv6.put(new DataView(bytes.buffer, bytes.byteOffset), 8, address);
  else bytes.set(address.split('.').map(Number), 4);
  return bytes;
}

function decode(bytes: Buffer): string {
  const v6 = bytes.readUInt16LE(0) === AF_INET6;
  const address = v6
    ? ipv6.get(new DataView(bytes.buffer, bytes.byteOffset), 8)
    : bytes.subarray(4, 8).join('.');
  return `${address} ${bytes.readUInt16BE(2)}`;
}

export class RawUdp implements HeldSocket {
  readonly #fd: number;
  /** Nobody waits for events here. */
  readonly failure = new Promise<string>(() => {});

  constructor(target: Endpoint) {
    const family = target.address.includes(':') ? AF_INET6 : AF_INET;
    this.#fd = checked('socket', call.socket(family, SOCK_DGRAM, 0));
    this.connect(target);
  }

  connect(target: Endpoint): void {
    const bytes = encode(target);
    checked('connect', call.connect(this.#fd, bytes, bytes.length));
  }

  get peer(): string {
    const [bytes, length] = [Buffer.alloc(28), Buffer.from(Uint32Array.of(28).buffer)];
    checked('getpeername', call.getpeername(this.#fd, bytes, length));
    return decode(bytes);
  }

  async talk(): Promise<{ from: string; peer: string }> {
    checked('send', call.send(this.#fd, Buffer.from('?'), 1, 0));
    const message = Buffer.alloc(100);
    const [bytes, length] = [Buffer.alloc(28), Buffer.from(Uint32Array.of(28).buffer)];
    const received = checked('recvfrom', call.recvfrom(this.#fd, message, 100, 0, bytes, length));
    return { from: message.toString('latin1', 0, received), peer: decode(bytes) };
  }

  async reconnect(address: string, port: number): Promise<void> {
    this.connect({ address, port });
  }

  close(): void {
    call.close(this.#fd);
  }
}

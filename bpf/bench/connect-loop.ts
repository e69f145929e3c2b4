// A child process of the connect bench, in its cgroup and namespace: calls connect(2), of UDP on one socket or on a new
// one each time, of TCP on one socket that never gets through. Takes { targets: [[address, port], …], calls, socket } a
// line and walks the targets; answers with the nanoseconds of processor time per call: others may run meanwhile.
import { createInterface } from 'node:readline';
import koffi from 'koffi';

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const ENETUNREACH = 101;
const SOCKADDR_SIZE = 16;

export interface ConnectRequest {
  readonly targets: readonly (readonly [address: string, port: number])[];
  readonly calls: number;
  /** `tcp`: the backend has no route, so that connect() ends with the lookup of one and the socket can be used again. */
  readonly socket: 'udp' | 'new-udp' | 'tcp';
}

const libc = koffi.load(null);
const socket = libc.func('int socket(int, int, int)') as (
  family: number,
  type: number,
  proto: number,
) => number;
// The address goes over as a number: converting a buffer at each call would cost more than the call.
const connect = libc.func('int connect(int, uintptr_t, uint32_t)') as (
  fd: number,
  address: number | bigint,
  size: number,
) => number;
const close = libc.func('int close(int)') as (fd: number) => number;
const udp = socket(AF_INET, SOCK_DGRAM, 0);
const tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

/** `struct sockaddr_in`, one after the other, in memory that does not move. */
function encode(targets: ConnectRequest['targets']): Buffer {
  const bytes = Buffer.allocUnsafeSlow(targets.length * SOCKADDR_SIZE).fill(0);
  targets.forEach(([address, port], index) => {
    const at = index * SOCKADDR_SIZE;
    bytes.writeUInt16LE(AF_INET, at);
    bytes.writeUInt16BE(port, at + 2);
    bytes.set(address.split('.').map(Number), at + 4);
  });
  return bytes;
}

function fail(): never {
  throw new Error(`connect: errno ${koffi.errno()}`);
}

const connectOnce: Readonly<Record<ConnectRequest['socket'], (at: number) => void>> = {
  udp(at) {
    if (connect(udp, at, SOCKADDR_SIZE) !== 0) fail();
  },
  'new-udp'(at) {
    const fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (connect(fd, at, SOCKADDR_SIZE) !== 0) fail();
    close(fd);
  },
  tcp(at) {
    if (connect(tcp, at, SOCKADDR_SIZE) === 0 || koffi.errno() !== ENETUNREACH) fail();
  },
};

/** Nanoseconds that this thread ran, in user space and in the kernel. */
function ran(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1000;
}

function measure({ targets, calls, socket: kind }: ConnectRequest): number {
  const bytes = encode(targets);
  const first = Number(koffi.address(bytes));
  const end = first + bytes.length;
  const call = connectOnce[kind];
  let at = first;
  const started = ran();
  for (let n = 0; n < calls; n++) {
    call(at);
    at += SOCKADDR_SIZE;
    if (at === end) at = first;
  }
  const elapsed = ran() - started;
  // Read it again, so that the buffer lives until here.
  return bytes.length > 0 ? elapsed / calls : 0;
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(measure(JSON.parse(line) as ConnectRequest)));
}

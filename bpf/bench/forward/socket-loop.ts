// Blocking TCP sockets by system calls, so that JavaScript's event loop is no part of what is measured:
//   socket-loop serve ADDRESS:PORT    answers each byte with a byte, one connection after the other
//   socket-loop client                takes a SocketRequest a line, answers each with microseconds
import { createInterface } from 'node:readline';
import koffi from 'koffi';

/** What the client does: transactions of a byte on one connection, or connections that are reset at once. */
export interface SocketRequest {
  readonly kind: 'transactions' | 'connections';
  readonly target: string;
  readonly count: number;
}

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_LINGER = 13;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;

const libc = koffi.load(null);
type Call = (...args: (number | bigint)[]) => number;
// Memory goes over as a number: converting a buffer at each call would cost more than the call.
const socket = libc.func('int socket(int, int, int)') as Call;
const bind = libc.func('int bind(int, uintptr_t, uint32_t)') as Call;
const listen = libc.func('int listen(int, int)') as Call;
const accept = libc.func('int accept(int, uintptr_t, uintptr_t)') as Call;
const connect = libc.func('int connect(int, uintptr_t, uint32_t)') as Call;
const setsockopt = libc.func('int setsockopt(int, int, int, uintptr_t, uint32_t)') as Call;
const send = libc.func('int64_t send(int, uintptr_t, size_t, int)') as Call;
const recv = libc.func('int64_t recv(int, uintptr_t, size_t, int)') as Call;
const close = libc.func('int close(int)') as Call;

const held: Buffer[] = [];

/** Memory that neither moves nor goes. */
function memory(bytes: Buffer): bigint {
  held.push(bytes);
  return BigInt(koffi.address(bytes));
}

const one = memory(Buffer.from(Uint32Array.of(1).buffer));
/** `struct linger`: closing resets the connection. */
const noLinger = memory(Buffer.from(Int32Array.of(1, 0).buffer));
/** `struct timeval`: packets that are lost for good end the benchmark, they do not stop it. */
const patience = memory(Buffer.from(BigInt64Array.of(3n, 0n).buffer));
const byte = memory(Buffer.alloc(8));

function must(what: string, result: number): number {
  if (result < 0) throw new Error(`${what}: errno ${koffi.errno()}`);
  return result;
}

/** `struct sockaddr_in`. */
function sockaddr(target: string): bigint {
  const [address = '', port = ''] = target.split(':');
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(Number(port), 2);
  bytes.set(address.split('.').map(Number), 4);
  return memory(bytes);
}

function serve(target: string): void {
  const listener = must('socket', socket(AF_INET, SOCK_STREAM, 0));
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, one, 4);
  must('bind', bind(listener, sockaddr(target), 16));
  must('listen', listen(listener, 4096));
  console.log('listening');
  for (;;) {
    const fd = must('accept', accept(listener, 0, 0));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, one, 4);
    while (recv(fd, byte, 1, 0) === 1) send(fd, byte, 1, 0);
    close(fd);
  }
}

function open(address: bigint): number {
  const fd = must('socket', socket(AF_INET, SOCK_STREAM, 0));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, patience, 16);
  must('connect', connect(fd, address, 16));
  return fd;
}

/** The median of the transactions. */
function transactions(target: string, count: number): number {
  const fd = open(sockaddr(target));
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, patience, 16);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, one, 4);
  const times = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    const started = performance.now();
    must('send', send(fd, byte, 1, 0));
    if (recv(fd, byte, 1, 0) !== 1) throw new Error(`${target}: the connection ended`);
    times[n] = performance.now() - started;
  }
  close(fd);
  return times.sort()[count >> 1]! * 1000;
}

/** The mean. */
function connections(target: string, count: number): number {
  const address = sockaddr(target);
  const started = performance.now();
  for (let n = 0; n < count; n++) {
    const fd = open(address);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, noLinger, 8);
    close(fd);
  }
  return ((performance.now() - started) * 1000) / count;
}

const [, , role, place = ''] = process.argv;
if (role === 'serve') serve(place);
for await (const line of createInterface({ input: process.stdin })) {
  const { kind, target, count } = JSON.parse(line) as SocketRequest;
  console.log(JSON.stringify((kind === 'transactions' ? transactions : connections)(target, count)));
}

import { endianness } from 'node:os';
import koffi from 'koffi';
import { LibbpfError } from '../errors.ts';

/** Addresses are numbers: user space ends below 2^53 on every platform koffi has a build for. */
type Address = number;

export interface Libc {
  /** `-1` on failure, then {@link lastErrno}. The four-argument form is all that bpf(2) needs. */
  syscall(number: number, command: number, attr: Address, size: number): number;
  mmap(
    at: Address,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ): number | bigint;
  munmap(at: Address, length: number): number;
  if_nametoindex(name: string): number;
  fcntl(fd: number, command: number, argument: number): number;
  flock(fd: number, operation: number): number;
  sysconf(name: number): number;
  /** Of the calling thread. */
  setns(fd: number, type: number): number;
  /** Of the calling thread. Returns an errno. */
  pthread_sigmask(how: number, set: Address, before: Address): number;
}

let loaded: Libc | undefined;

/** The C library the process runs on already, glibc or musl: nothing to find, nothing to install. */
export function libc(): Libc {
  loaded ??= declare();
  return loaded;
}

function declare(): Libc {
  if (process.platform !== 'linux' || endianness() !== 'LE') {
    throw new LibbpfError(
      'LBX_PLATFORM',
      `BPF needs Linux on a little-endian machine; this is ${process.platform} on ${process.arch}`,
    );
  }
  if (!('transfer' in ArrayBuffer.prototype))
    throw new LibbpfError(
      'LBX_PLATFORM',
      `Node ${process.versions.node} is too old: 22.19 or newer is needed (${process.execPath})`,
    );
  const library = koffi.load(null);
  errnoMemory();
  return {
    syscall: library.func('syscall', 'long', ['long', 'int', 'uintptr_t', 'uint32_t']) as Libc['syscall'],
    mmap: library.func('mmap', 'intptr_t', [
      'uintptr_t',
      'size_t',
      'int',
      'int',
      'int',
      'int64_t',
    ]) as Libc['mmap'],
    munmap: library.func('munmap', 'int', ['uintptr_t', 'size_t']) as Libc['munmap'],
    if_nametoindex: library.func('if_nametoindex', 'uint32_t', ['str']) as Libc['if_nametoindex'],
    fcntl: library.func('fcntl', 'int', ['int', 'int', 'int']) as Libc['fcntl'],
    flock: library.func('flock', 'int', ['int', 'int']) as Libc['flock'],
    sysconf: library.func('sysconf', 'long', ['int']) as Libc['sysconf'],
    setns: library.func('setns', 'int', ['int', 'int']) as Libc['setns'],
    pthread_sigmask: library.func('pthread_sigmask', 'int', [
      'int',
      'uintptr_t',
      'uintptr_t',
    ]) as Libc['pthread_sigmask'],
  };
}

let errno: Int32Array | undefined;

/**
 * errno of this thread, as memory to be read right behind a call: asking for it by another call leaves V8 time for work of
 * its own, whose futexes set it anew.
 */
export function errnoMemory(): Int32Array {
  if (errno === undefined) {
    const location = koffi.load(null).func('__errno_location', 'uintptr_t', []) as () => number;
    errno = new Int32Array(memoryAt(location(), 4));
  }
  return errno;
}

/** errno of the last call. Read it before anything else runs. */
export function lastErrno(): number {
  return errno === undefined ? koffi.errno() : errno[0]!;
}

/**
 * Address of a buffer's first byte. It stays valid as long as the buffer is referenced and not detached (see
 * {@link keepAlive}): asking for it moves small typed arrays out of V8's heap, and what is outside never moves.
 */
export function addressOf(bytes: Uint8Array): Address {
  return bytes.byteLength === 0 ? 0 : Number(koffi.address(bytes));
}

let lastLength = 0;

/**
 * Use of a buffer after a call that got its address: without one, the garbage collector may free the memory before or
 * during that call, as a number does not keep a buffer alive. (The length is read again because the call might have
 * detached the buffer, for all the optimizer knows.)
 */
export function keepAlive(bytes: Uint8Array): void {
  lastLength = bytes.byteLength;
}

/** Makes {@link keepAlive} observable. @keep nobody calls it */
export function lastKeptLength(): number {
  return lastLength;
}

/** Memory at an address, without a copy. The caller detaches it before that memory goes away. */
export function memoryAt(address: Address | bigint, length: number): ArrayBuffer {
  return koffi.view(BigInt(address), length);
}

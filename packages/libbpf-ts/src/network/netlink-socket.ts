import koffi from 'koffi';
import { BpfError } from '../errors.ts';
import { errnoNumber } from '../sys/errno.ts';
import { lastErrno } from '../sys/libc.ts';
import { OwnedFd } from '../sys/owned-fd.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;

/** Parts of the kernel that are talked to. */
export const NETLINK_ROUTE = 0;
export const NETLINK_SOCK_DIAG = 4;
export const NETLINK_NETFILTER = 12;
export const NETLINK_GENERIC = 16;

const MSG_DONTWAIT = 0x40;
/** The kernel never makes a larger message. */
const receiveBytes = 65536;

interface SocketFunctions {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Buffer, length: number): number;
  send(fd: number, bytes: Buffer, length: number, flags: number): number;
  recv(fd: number, bytes: Buffer, length: number, flags: number): number;
}

let functions: SocketFunctions | undefined;

function socketFunctions(): SocketFunctions {
  if (functions === undefined) {
    const library = koffi.load(null);
    functions = {
      socket: library.func('int socket(int, int, int)') as SocketFunctions['socket'],
      bind: library.func('int bind(int, void *, uint32_t)') as SocketFunctions['bind'],
      send: library.func('intptr_t send(int, void *, size_t, int)') as SocketFunctions['send'],
      recv: library.func('intptr_t recv(int, void *, size_t, int)') as SocketFunctions['recv'],
    };
  }
  return functions;
}

/**
 * A socket to a part of the kernel, usually its routing (rtnetlink), in the network namespace that this thread is in. It
 * stays there, wherever the thread goes.
 */
export class NetlinkSocket {
  readonly #fd: OwnedFd;
  readonly #bytes = Buffer.allocUnsafeSlow(receiveBytes);

  /** @param groups - bits of the multicast groups (`RTMGRP_*`) whose messages come in by themselves. */
  constructor(groups = 0, part = NETLINK_ROUTE) {
    const fd = socketFunctions().socket(AF_NETLINK, SOCK_RAW_CLOEXEC, part);
    if (fd < 0) throw failure('open a netlink socket in');
    this.#fd = new OwnedFd(fd, 'netlink socket', this);
    // struct sockaddr_nl: family 0, pad 2, port id 4, groups 8.
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(groups, 8);
    if (socketFunctions().bind(fd, address, address.length) === 0) return;
    const error = failure('bind a netlink socket in');
    this.#fd.close();
    throw error;
  }

  get fd(): number {
    return this.#fd.value;
  }

  send(message: Buffer): void {
    if (socketFunctions().send(this.fd, message, message.length, 0) < 0)
      throw failure('ask the kernel about');
  }

  /**
   * What came in, valid until the next call; undefined when there is nothing, `lost` when the kernel had to drop messages
   * because nobody took them.
   */
  receive(): Buffer | undefined | 'lost' {
    const length = Number(socketFunctions().recv(this.fd, this.#bytes, this.#bytes.length, MSG_DONTWAIT));
    if (length >= 0) return this.#bytes.subarray(0, length);
    const errno = lastErrno();
    if (errno === errnoNumber('EAGAIN')) return undefined;
    if (errno === errnoNumber('EINTR')) return this.receive();
    if (errno === errnoNumber('ENOBUFS')) return 'lost';
    throw failure('read about', errno);
  }

  close(): void {
    this.#fd.close();
  }
}

const failure = (operation: string, errno = lastErrno()) =>
  new BpfError({ errno, operation, object: 'this network namespace' });

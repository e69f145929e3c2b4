import koffi from 'koffi';
import { netlinkDump } from './netlink-dump.ts';
import { MessageType } from './netlink-message.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import { addressOf, addressRequest, type NetworkAddress } from './network-address.ts';
import { deviceOf, deviceRequest, type NetworkDevice } from './network-device.ts';

/** RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR. */
const groups = 0x1 | 0x10 | 0x100;

/**
 * Devices and addresses of one network namespace: of the one that the thread is in when this is made. Needs no privilege.
 */
export class Network implements Disposable {
  readonly #questions: NetlinkSocket;
  readonly #news: NetlinkSocket;
  #poll: ReturnType<typeof koffi.node.poll> | undefined;

  constructor() {
    this.#questions = new NetlinkSocket();
    try {
      this.#news = new NetlinkSocket(groups);
    } catch (error) {
      this.#questions.close();
      throw error;
    }
  }

  /** All devices, read now, in the kernel's order. Throws BpfError. */
  devices(): NetworkDevice[] {
    return this.#dump(MessageType.getLink, deviceRequest(), MessageType.newLink, deviceOf);
  }

  /** All IP addresses, read now; those of a device in its own order. Throws BpfError. */
  addresses(): NetworkAddress[] {
    return this.#dump(MessageType.getAddress, addressRequest(), MessageType.newAddress, addressOf);
  }

  /** Has anything changed since this was made, or was asked last? Takes what the kernel told about it. */
  hasChanged(): boolean {
    let changed = false;
    while (this.#news.receive() !== undefined) changed = true;
    return changed;
  }

  /**
   * Calls `use` each time that devices or addresses have changed, soon after and once for what comes together. Keeps no
   * process alive. Until close(), or until another one is given.
   */
  watch(use: () => void): void {
    this.#poll?.close();
    this.#poll = koffi.node.poll(this.#news.fd, { readable: true }, () => {
      if (this.hasChanged()) use();
    });
    this.#poll.unref();
  }

  close(): void {
    this.#poll?.close();
    this.#poll = undefined;
    this.#questions.close();
    this.#news.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #dump<T>(type: number, body: Buffer, answer: number, read: (body: Buffer) => T | undefined): T[] {
    const subject = 'devices and addresses of this network namespace';
    return netlinkDump(this.#questions, { type, body, answer, read, subject });
  }
}

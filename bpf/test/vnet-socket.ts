// Frames into and out of a device together with what the kernel knows beside their bytes (virtio_net_hdr): an
// unfinished checksum (CHECKSUM_PARTIAL), segments to be cut later (GSO), and how much lies in the linear part.
import koffi from 'koffi';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETH_P_ALL_BE = 0x0300;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SOL_PACKET = 263;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
const EAGAIN = 11;
/** For what has to arrive, on a machine that has much else to do. */
const PATIENCE_MS = 20_000;
const HEADER = 10;
const NEEDS_CSUM = 1;
const gsoTypes = { none: 0, tcp4: 1, udp: 5, tcp6: 4 } as const;

/** A frame and its state. Offsets count from the first byte of the frame. */
export interface SkbFrame {
  readonly bytes: Uint8Array;
  /** The checksum at `start + offset` is to be finished over everything from `start` on. */
  readonly partial?: { readonly start: number; readonly offset: number };
  readonly gso?: { readonly type: 'tcp4' | 'tcp6' | 'udp'; readonly size: number };
  /** How many bytes lie in the linear part, if the kernel can be told (frames of more than a page). */
  readonly linear?: number;
}

export interface VnetSocket extends Disposable {
  send(frame: SkbFrame): void;
  /** The next frame that came in by the device and is accepted; undefined when none came within 20 seconds. */
  receive(accepts: (frame: SkbFrame) => boolean): SkbFrame | undefined;
}

const libc = koffi.load(null);
const socket = libc.func('int socket(int, int, int)');
const bind = libc.func('int bind(int, const void *, unsigned int)');
const setsockopt = libc.func('int setsockopt(int, int, int, const void *, unsigned int)');
const write = libc.func('intptr_t write(int, const void *, size_t)');
const read = libc.func('intptr_t read(int, void *, size_t)');
const close = libc.func('int close(int)');

function check(what: string, result: number): number {
  if (result < 0) throw new Error(`${what}: errno ${koffi.errno()}`);
  return result;
}

/** On a device of this thread's network namespace (`enterNetns`). */
export function openVnetSocket(ifindex: number): VnetSocket {
  const fd = check('socket', socket(AF_PACKET, SOCK_RAW, 0));
  const set = (level: number, option: number, value: Uint8Array) =>
    check(`setsockopt ${option}`, setsockopt(fd, level, option, value, value.length));
  try {
    const one = new Uint8Array(Int32Array.of(1).buffer);
    set(SOL_PACKET, PACKET_VNET_HDR, one);
    set(SOL_PACKET, PACKET_IGNORE_OUTGOING, one);
    set(SOL_SOCKET, SO_RCVTIMEO, new Uint8Array(BigInt64Array.of(0n, 50_000n).buffer));
    const address = Buffer.alloc(20);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt16LE(ETH_P_ALL_BE, 2);
    address.writeInt32LE(ifindex, 4);
    check('bind', bind(fd, address, address.length));
  } catch (error) {
    close(fd);
    throw error;
  }
  const buffer = Buffer.allocUnsafeSlow(1 << 17);
  return {
    send({ bytes, partial, gso, linear }) {
      const header = Buffer.alloc(HEADER);
      if (partial) {
        header.writeUInt8(NEEDS_CSUM, 0);
        header.writeUInt16LE(partial.start, 6);
        header.writeUInt16LE(partial.offset, 8);
      }
      header.writeUInt8(gsoTypes[gso?.type ?? 'none'], 1);
      header.writeUInt16LE(linear ?? 0, 2);
      header.writeUInt16LE(gso?.size ?? 0, 4);
      const out = Buffer.concat([header, bytes]);
      check('write', write(fd, out, out.length));
    },
    receive(accepts) {
      const end = Date.now() + PATIENCE_MS;
      for (;;) {
        const length = read(fd, buffer, buffer.length);
        if (length < 0 && koffi.errno() === EAGAIN) {
          if (Date.now() > end) return undefined;
          continue;
        }
        check('read', length);
        const frame = decode(buffer.subarray(0, length));
        if (accepts(frame)) return frame;
      }
    },
    [Symbol.dispose]: () => void close(fd),
  };
}

function decode(data: Buffer): SkbFrame {
  const type = Object.entries(gsoTypes).find(([, value]) => value === (data.readUInt8(1) & 0x7f))?.[0];
  return {
    bytes: new Uint8Array(data.subarray(HEADER)),
    linear: data.readUInt16LE(2),
    ...(data.readUInt8(0) & NEEDS_CSUM
      ? { partial: { start: data.readUInt16LE(6), offset: data.readUInt16LE(8) } }
      : {}),
    ...(type && type !== 'none'
      ? { gso: { type: type as 'tcp4' | 'tcp6' | 'udp', size: data.readUInt16LE(4) } }
      : {}),
  };
}

/** The frame as it looks when its checksum is finished. */
export function finish({ bytes, partial }: SkbFrame): Uint8Array {
  const out = bytes.slice();
  if (!partial) return out;
  let sum = 0;
  for (let at = partial.start; at < out.length; at += 2) sum += (out[at]! << 8) | (out[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  const check = ~sum & 0xffff || 0xffff;
  out[partial.start + partial.offset] = check >> 8;
  out[partial.start + partial.offset + 1] = check & 0xff;
  return out;
}

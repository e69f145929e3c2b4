import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { BpfError } from '../errors.ts';
import { errnoNumber } from '../sys/errno.ts';
import { addressOf, keepAlive, lastErrno } from '../sys/libc.ts';

/** What a driver tells of its device. */
export interface DriverInfo {
  /** `ixgbe`, `virtio_net`, `veth`, …; undefined for devices that tell nothing. */
  readonly driver?: string;
  /** Bus address, such as `0000:03:00.0`. */
  readonly bus?: string;
  /** Queues (ethtool's channels); undefined where there is nothing to choose. */
  readonly channels?: Channels;
  /** Features by ethtool's names (`rx-lro`, `rx-gro-hw`, `rx-vlan-hw-parse`), and whether each is on. */
  readonly features: ReadonlyMap<string, boolean>;
}

/** Queues in use, and how many there may be. */
export interface Channels {
  readonly rx: number;
  readonly tx: number;
  readonly combined: number;
  readonly maxRx: number;
  readonly maxTx: number;
  readonly maxCombined: number;
}

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SIOCETHTOOL = 0x8946;
/** Commands of linux/ethtool.h. */
const GDRVINFO = 0x03;
const GSTRINGS = 0x1b;
const GSSET_INFO = 0x37;
const GFEATURES = 0x3a;
const GCHANNELS = 0x3c;
const ETH_SS_FEATURES = 4;
const nameBytes = 32;

interface Functions {
  socket(family: number, type: number, protocol: number): number;
  ioctl(fd: number, request: number, argument: Buffer): number;
}

let functions: Functions | undefined;

function calls(): Functions {
  if (functions === undefined) {
    const library = koffi.load(null);
    functions = {
      socket: library.func('int socket(int, int, int)') as Functions['socket'],
      ioctl: library.func('int ioctl(int, unsigned long, void *)') as Functions['ioctl'],
    };
  }
  return functions;
}

/** Asks the driver of a device of this network namespace, as `ethtool` does. Changes nothing; needs no privilege. Throws BpfError. */
export function readDriverInfo(device: string): DriverInfo {
  const fd = calls().socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0)
    throw new BpfError({
      errno: lastErrno(),
      operation: 'open a socket in',
      object: 'this network namespace',
    });
  try {
    const ask = (bytes: Buffer) => ethtool(fd, device, bytes);
    const info = ask(request(GDRVINFO, 196));
    const bus = info && text(info, 4 + 3 * nameBytes);
    const channels = channelsOf(ask(request(GCHANNELS, 36)));
    return {
      ...(info === undefined ? {} : { driver: text(info, 4) }),
      ...(bus ? { bus } : {}),
      ...(channels === undefined ? {} : { channels }),
      features: readFeatures(ask),
    };
  } finally {
    closeSync(fd);
  }
}

function request(command: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32LE(command, 0);
  return bytes;
}

/** `struct ifreq`: name 0, pointer 16. undefined: the driver has no such command. */
function ethtool(fd: number, device: string, bytes: Buffer): Buffer | undefined {
  const ifreq = Buffer.alloc(40);
  ifreq.write(device, 0, 15, 'latin1');
  ifreq.writeBigUInt64LE(BigInt(addressOf(bytes)), 16);
  const result = calls().ioctl(fd, SIOCETHTOOL, ifreq);
  const errno = result < 0 ? lastErrno() : 0;
  keepAlive(bytes);
  if (result >= 0) return bytes;
  if (errno === errnoNumber('ENODEV'))
    throw new BpfError({ errno, operation: 'ask the driver of', object: device });
  return undefined;
}

/** `struct ethtool_channels`. */
function channelsOf(bytes: Buffer | undefined): Channels | undefined {
  if (bytes === undefined) return undefined;
  const [maxRx, maxTx, , maxCombined, rx, tx, , combined] = Array.from({ length: 8 }, (_, i) =>
    bytes.readUInt32LE(4 + 4 * i),
  ) as [number, number, number, number, number, number, number, number];
  return { rx, tx, combined, maxRx, maxTx, maxCombined };
}

/** Names by their bit, then which bits are on. */
function readFeatures(ask: (bytes: Buffer) => Buffer | undefined): ReadonlyMap<string, boolean> {
  const set = request(GSSET_INFO, 24);
  set.writeBigUInt64LE(BigInt(1 << ETH_SS_FEATURES), 8);
  const count = ask(set)?.readUInt32LE(16) ?? 0;
  const strings = request(GSTRINGS, 12 + count * nameBytes);
  strings.writeUInt32LE(ETH_SS_FEATURES, 4);
  strings.writeUInt32LE(count, 8);
  const blocks = Math.ceil(count / 32);
  const bits = request(GFEATURES, 8 + 16 * blocks);
  bits.writeUInt32LE(blocks, 4);
  if (count === 0 || ask(strings) === undefined || ask(bits) === undefined) return new Map();
  // `struct ethtool_get_features_block`: available 0, requested 4, active 8, never changed 12.
  const isOn = (bit: number) => ((bits.readUInt32LE(8 + 16 * (bit >> 5) + 8) >>> (bit & 31)) & 1) === 1;
  return new Map(Array.from({ length: count }, (_, bit) => [text(strings, 12 + bit * nameBytes), isOn(bit)]));
}

const text = (bytes: Buffer, at: number): string =>
  bytes.toString('latin1', at, at + nameBytes).replace(/\0.*$/s, '');

// The child process behind createPacketSocket(): an AF_PACKET socket on the device named as argument, in whatever
// network namespace this process was started. Frames go out as they come in on standard input, and captured ones
// are written to standard output, each as { length u32le, kind u8, bytes }. Ends with its standard input.
import koffi, { node } from 'koffi';
import { KIND, readRecords, writeRecord } from './packet-record.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETH_P_ALL_BE = 0x0300;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_AUXDATA = 8;
const PACKET_OUTGOING = 4;
const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
/** Bits of tpacket_auxdata.tp_status. */
const VLAN_VALID = 0x10;
const VLAN_TPID_VALID = 0x40;

const libc = koffi.load(null);
const socket = libc.func('int socket(int, int, int)');
const ifNameToIndex = libc.func('unsigned int if_nametoindex(const char *)');
const bind = libc.func('int bind(int, const void *, unsigned int)');
const setsockopt = libc.func('int setsockopt(int, int, int, const void *, unsigned int)');
const send = libc.func('intptr_t send(int, const void *, size_t, int)');
const recvmsg = libc.func('intptr_t recvmsg(int, void *, int)');

/** Throws with errno unless the result is 0 or more. */
function check(what: string, result: number): number {
  if (result >= 0) return result;
  const code = koffi.errno();
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === code)?.[0] ?? `errno ${code}`;
  throw new Error(`${what}: ${name}`);
}

const frame = Buffer.allocUnsafeSlow(1 << 17);
const from = Buffer.allocUnsafeSlow(20);
const control = Buffer.allocUnsafeSlow(64);
const vector = Buffer.allocUnsafeSlow(16);
vector.writeBigUInt64LE(koffi.address(frame), 0);
vector.writeBigUInt64LE(BigInt(frame.length), 8);
const message = Buffer.allocUnsafeSlow(56);

/** The next waiting frame (in `frame`), or undefined. */
function receive(fd: number): { length: number; outgoing: boolean } | undefined {
  message.fill(0);
  message.writeBigUInt64LE(koffi.address(from), 0);
  message.writeUInt32LE(from.length, 8);
  message.writeBigUInt64LE(koffi.address(vector), 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(koffi.address(control), 32);
  message.writeBigUInt64LE(BigInt(control.length), 40);
  const length = recvmsg(fd, message, MSG_DONTWAIT);
  if (length < 0 && koffi.errno() === EAGAIN) return undefined;
  check('recvmsg', length);
  return { length: length + restoreVlanTag(length), outgoing: from[10] === PACKET_OUTGOING };
}

/** The kernel takes a VLAN tag out of the frame and reports it apart. Returns by how much the frame grew. */
function restoreVlanTag(length: number): number {
  // cmsghdr (16 bytes), then tpacket_auxdata: status @0, vlan_tci @16, vlan_tpid @18.
  if (message.readBigUInt64LE(40) < 36n) return 0;
  const status = control.readUInt32LE(16);
  if ((status & VLAN_VALID) === 0) return 0;
  frame.copyWithin(16, 12, length);
  frame.writeUInt16BE((status & VLAN_TPID_VALID) !== 0 ? control.readUInt16LE(34) : 0x8100, 12);
  frame.writeUInt16BE(control.readUInt16LE(32), 14);
  return 4;
}

function openSocket(device: string): number {
  const index = ifNameToIndex(device);
  if (index === 0) throw new Error(`there is no device ${device} in this network namespace`);
  // Protocol 0 until bound: else it would first hear every device.
  const fd = check('socket(AF_PACKET)', socket(AF_PACKET, SOCK_RAW, 0));
  const one = Buffer.from(Int32Array.of(1).buffer);
  check('PACKET_AUXDATA', setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, one, 4));
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, Buffer.from(Int32Array.of(16 << 20).buffer), 4);
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16LE(ETH_P_ALL_BE, 2);
  address.writeInt32LE(index, 4);
  check('bind', bind(fd, address, address.length));
  return fd;
}

const write = (kind: number, bytes: Uint8Array) => process.stdout.write(writeRecord(kind, bytes));
const report = (error: unknown) =>
  write(KIND.error, Buffer.from(error instanceof Error ? error.message : String(error)));

try {
  const fd = openSocket(process.argv[2]!);
  // Held until the end: a watcher that nobody refers to is collected, and then nothing is captured any more.
  const watcher = node.poll(fd, { readable: true }, () => {
    try {
      for (let next = receive(fd); next !== undefined; next = receive(fd))
        write(next.outgoing ? KIND.out : KIND.in, Uint8Array.from(frame.subarray(0, next.length)));
    } catch (error) {
      report(error);
    }
  });
  process.stdin.on(
    'data',
    readRecords((_, bytes) => {
      try {
        check(`send of ${bytes.length} bytes`, send(fd, bytes, bytes.length, 0));
      } catch (error) {
        report(error);
      }
    }),
  );
  process.stdin.on('end', () => {
    watcher.close();
    process.exit(0);
  });
  write(KIND.ready, new Uint8Array(0));
} catch (error) {
  report(error);
  process.exitCode = 1;
}

/** Numbers of linux/rtnetlink.h and linux/netlink.h. */
export const MessageType = {
  error: 2,
  done: 3,
  newLink: 16,
  getLink: 18,
  newAddress: 20,
  getAddress: 22,
  newFilter: 44,
  getFilter: 46,
} as const;

const headerBytes = 16;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_DUMP = 0x300;
/** What is dumped changed meanwhile. */
const NLM_F_DUMP_INTR = 0x10;

/** A message of rtnetlink: `struct nlmsghdr` and what follows. */
export interface NetlinkMessage {
  readonly type: number;
  /** Some of the answer may be missing or twice there: ask again. */
  readonly interrupted: boolean;
  readonly body: Buffer;
}

/** The messages in one read. What is cut off at the end is left out. */
export function* netlinkMessages(bytes: Buffer): IterableIterator<NetlinkMessage> {
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < headerBytes || at + length > bytes.length) return;
    yield {
      type: bytes.readUInt16LE(at + 4),
      interrupted: (bytes.readUInt16LE(at + 6) & NLM_F_DUMP_INTR) !== 0,
      body: bytes.subarray(at + headerBytes, at + length),
    };
    at += align(length);
  }
}

/** Asks for all of a kind. `body`: the fixed part and attributes. */
export const dumpRequest = (type: number, body: Buffer): Buffer =>
  requestOf(type, NLM_F_REQUEST | NLM_F_DUMP, body);

/** Asks for one thing; an acknowledgement ends the answer. */
export const oneRequest = (type: number, body: Buffer): Buffer =>
  requestOf(type, NLM_F_REQUEST | NLM_F_ACK, body);

function requestOf(type: number, flags: number, body: Buffer): Buffer {
  const message = Buffer.alloc(headerBytes + body.length);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags, 6);
  body.copy(message, headerBytes);
  return message;
}

/** Attributes (`struct rtattr`) by type; flags of nesting and byte order are not part of the type. */
export function attributesOf(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    attributes.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += align(length);
  }
  return attributes;
}

/** One attribute, filled up to four bytes. */
export function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(align(4 + value.length));
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
}

/** Text of the kernel ends with a zero byte. */
export function textOf(bytes: Buffer | undefined): string | undefined {
  return bytes?.toString('latin1').replace(/\0.*$/s, '');
}

const align = (length: number) => (length + 3) & ~3;

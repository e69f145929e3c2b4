import { BpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { errnoNumber } from '../sys/errno.ts';
import { dumpRequest, MessageType, netlinkMessages, oneRequest } from './netlink-message.ts';
import { NetlinkSocket } from './netlink-socket.ts';

/** A question to a part of the kernel, and how to read an answer. */
export interface NetlinkQuestion<T> {
  /** Type of the message that asks. */
  readonly type: number;
  /** Its fixed part and attributes. */
  readonly body: Buffer;
  /** Type of the messages that answer; others are passed over. */
  readonly answer: number;
  /** undefined: nothing of interest. The body is valid during the call only. */
  readonly read: (body: Buffer) => T | undefined;
  /** What is asked about, for errors. */
  readonly subject: string;
}

const attempts = 10;

/** Everything of a kind, asked for again while it changes under the answer. Throws BpfError. */
export function netlinkDump<T>(socket: NetlinkSocket, question: NetlinkQuestion<T>): T[] {
  for (let attempt = 1; ; attempt++) {
    const found = askOnce(socket, question, dumpRequest(question.type, question.body));
    if (!found.interrupted || attempt === attempts) return found.items;
  }
}

/** One answer to a question about one thing. Throws BpfError, such as ENODEV. */
export function netlinkAsk<T>(socket: NetlinkSocket, question: NetlinkQuestion<T>): T | undefined {
  return askOnce(socket, question, oneRequest(question.type, question.body)).items[0];
}

/** Opens a socket to a part of the kernel for one use. */
export function withNetlink<T>(part: number, use: (socket: NetlinkSocket) => T): T {
  const socket = new NetlinkSocket(0, part);
  try {
    return use(socket);
  } finally {
    socket.close();
  }
}

function askOnce<T>(socket: NetlinkSocket, question: NetlinkQuestion<T>, request: Buffer) {
  const items: T[] = [];
  let interrupted = false;
  socket.send(request);
  for (;;) {
    const bytes = socket.receive();
    // The kernel writes each part of an answer while the one before is read.
    if (bytes === undefined || bytes === 'lost') return { items, interrupted: true };
    for (const message of netlinkMessages(bytes)) {
      interrupted ||= message.interrupted;
      if (message.type === MessageType.done) return { items, interrupted };
      if (message.type === MessageType.error) {
        const errno = message.body.readInt32LE(0);
        // The acknowledgement that ends the answer to a question about one thing.
        if (errno === 0) return { items, interrupted };
        throw refused(errno, question.subject);
      }
      const item = message.type === question.answer ? question.read(message.body) : undefined;
      if (item !== undefined) items.push(item);
    }
  }
}

/** `struct nlmsgerr`: a negative errno first. */
function refused(errno: number, object: string): BpfError {
  const hint =
    Math.abs(errno) === errnoNumber('EPERM') ? permissionHint(errno, ['CAP_NET_ADMIN']) : undefined;
  return new BpfError({ errno, operation: 'read', object, hint });
}

import { fileURLToPath } from 'node:url';
import { TestingError } from './errors.ts';
import type { Netns } from './netns.ts';
import type { PacketBuilder } from './packet/packet-builder.ts';
import { type ParsedPacket, parsePacket } from './packet/parse-packet.ts';
import { KIND, readRecords, writeRecord } from './packet-record.ts';
import { closeOnce, type Resource } from './resource.ts';

/** A frame seen on a device. */
export interface CapturedFrame {
  readonly bytes: Uint8Array;
  /** 'in': received by the device (after XDP, before tc); 'out': sent by it. */
  readonly direction: 'in' | 'out';
}

/** Sends frames from a device and captures those it receives and sends; its own are not captured. */
export interface PacketSocket extends Resource {
  /** All captured until now, in order. */
  readonly frames: readonly CapturedFrame[];
  send(frame: Uint8Array | PacketBuilder): void;
  /**
   * The first packet captured, before or after the call, that the predicate accepts.
   *
   * @throws TestingError `LBX_TESTING_TIMEOUT`, telling what came instead.
   */
  waitFor(
    accepts: (packet: ParsedPacket, frame: CapturedFrame) => boolean,
    timeoutMs?: number,
  ): Promise<ParsedPacket>;
}

/**
 * Opens a packet socket on a device inside a namespace, by a child process there. It captures when the promise is
 * fulfilled.
 *
 * @throws TestingError `LBX_TESTING_SOCKET` when the device does not exist.
 */
export async function createPacketSocket(ns: Netns, device: string): Promise<PacketSocket> {
  // Run from the sources the file ends in .ts, from a build in .js.
  const file = import.meta.url.endsWith('.ts') ? './packet-socket-process.ts' : './packet-socket-process.js';
  const program = fileURLToPath(new URL(file, import.meta.url));
  const child = ns.spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, device], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const frames: CapturedFrame[] = [];
  const listeners = new Set<(frame: CapturedFrame) => void>();
  let problem: string | undefined;
  const close = closeOnce(() => {
    child.kill('SIGKILL');
  });
  // Writing to a process that ended is reported by send(), not by an uncaught event.
  child.stdin!.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => {
      problem ??= why;
      close();
      reject(new TestingError('LBX_TESTING_SOCKET', `packet socket on ${device} in ${ns.name}: ${problem}`));
    };
    const onRecord = (kind: number, bytes: Uint8Array) => {
      if (kind === KIND.ready) resolve();
      else if (kind === KIND.error) fail(Buffer.from(bytes).toString());
      else {
        const frame: CapturedFrame = { bytes, direction: kind === KIND.in ? 'in' : 'out' };
        frames.push(frame);
        for (const listener of listeners) listener(frame);
      }
    };
    child.stdout!.on('data', readRecords(onRecord));
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`its process ended (${signal ?? code})`));
  });
  return {
    frames,
    send(frame) {
      if (problem !== undefined)
        throw new TestingError('LBX_TESTING_SOCKET', `packet socket on ${device} in ${ns.name}: ${problem}`);
      child.stdin!.write(writeRecord(KIND.send, frame instanceof Uint8Array ? frame : frame.bytes()));
    },
    async waitFor(accepts, timeoutMs = 30_000) {
      const test = (frame: CapturedFrame) => {
        const packet = parsePacket(frame.bytes);
        return accepts(packet, frame) ? packet : undefined;
      };
      for (const frame of frames) {
        const packet = test(frame);
        if (packet) return packet;
      }
      const { promise, resolve, reject } = Promise.withResolvers<ParsedPacket>();
      const listener = (frame: CapturedFrame) => {
        try {
          const packet = test(frame);
          if (packet) resolve(packet);
        } catch (error) {
          reject(error);
        }
      };
      const timer = setTimeout(() => reject(timeout(device, ns, timeoutMs, frames, problem)), timeoutMs);
      listeners.add(listener);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        listeners.delete(listener);
      }
    },
    close,
    [Symbol.dispose]: close,
  };
}

function timeout(
  device: string,
  ns: Netns,
  timeoutMs: number,
  frames: readonly CapturedFrame[],
  problem: string | undefined,
): TestingError {
  const last = frames
    .slice(-10)
    .map(({ direction, bytes }) => `  ${direction} ${Buffer.from(bytes).toString('hex')}`);
  const seen = frames.length === 0 ? 'nothing was captured' : `captured ${frames.length}, the last:`;
  const why = problem === undefined ? '' : ` (${problem})`;
  return new TestingError(
    'LBX_TESTING_TIMEOUT',
    [`no such packet on ${device} in ${ns.name} within ${timeoutMs} ms${why}; ${seen}`, ...last].join('\n'),
  );
}

import { type LbxEventListener, REASON_COUNT, type ReasonName, readAddress } from '@lbx/maps';
import { CoreError } from '../errors.ts';
import { type EventKind, eventKinds, eventKindsOf, eventReasons } from './event-kind.ts';

/** Which events are wanted. What is left out does not restrict. */
export interface EventOptions {
  /** Only these reasons, such as `drop_no_backend`. With `kinds`, those of both. */
  readonly reasons?: readonly ReasonName[];
  /** Only these kinds. */
  readonly kinds?: readonly EventKind[];
  /** Only packets from or to this address or network: "203.0.113.5", "2001:db8::/32". */
  readonly address?: string;
  /**
   * Only packets about these: frontends ("198.51.100.1:80/TCP"; 0.0.0.0 and [::] stand for every address) and addresses
   * ("198.51.100.1"). Of a packet that no frontend is known of, the destination counts; the protocol does not. Called at
   * first and then every second: what it names newly, or gets another id, counts from then on. Programs of older versions
   * do not obey it and tell of every service.
   */
  readonly services?: () => Iterable<string>;
  /** One packet in so many of each reason, on each CPU. Default 1: every packet. */
  readonly sample?: number;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /** Size of the ring buffer between kernel and process, a power of two of at least a page. Default 1 MiB: some 13,000 events. */
  readonly ringBytes?: number;
}

/** The part of a listener's entry that options decide. */
export type EventWishes = Omit<LbxEventListener, 'until'>;

const defaultRingBytes = 1 << 20;

/** Checks and translates the options. @throws CoreError `LBX_BAD_OPTION`. */
export function eventWishes(options: EventOptions): EventWishes {
  const sample = options.sample ?? 1;
  if (!Number.isInteger(sample) || sample < 1 || sample > 0xffff_ffff)
    throw bad('sample', sample, 'a whole number from 1 on: one packet in so many');
  const oneIn = new Array<number>(REASON_COUNT).fill(0);
  for (const id of wantedReasons(options)) oneIn[id] = sample;
  return { ...network(options.address), oneIn };
}

/** @throws CoreError `LBX_BAD_OPTION`. */
export function ringBytesOf({ ringBytes = defaultRingBytes }: EventOptions): number {
  const isPowerOfTwo = Number.isInteger(ringBytes) && ringBytes > 0 && Number.isInteger(Math.log2(ringBytes));
  if (isPowerOfTwo && ringBytes >= 4096 && ringBytes <= 2 ** 30) return ringBytes;
  throw bad('ringBytes', ringBytes, 'a power of two from 4096 to 2^30');
}

function wantedReasons({ reasons, kinds }: EventOptions): number[] {
  for (const kind of kinds ?? [])
    if (!eventKinds.includes(kind)) throw bad('kinds', kind, `one of ${eventKinds.join(', ')}`);
  for (const name of reasons ?? []) {
    if (eventReasons.has(name)) continue;
    throw bad('reasons', name, `a reason that events are had of: ${[...eventReasons.keys()].join(', ')}`);
  }
  const wanted = [...eventReasons.values()].filter(
    (reason) =>
      (reasons?.includes(reason.name) ?? true) &&
      (kinds === undefined || eventKindsOf(reason).some((kind) => kinds.includes(kind))),
  );
  if (wanted.length === 0)
    throw bad('reasons', reasons, `reasons of the kinds that are asked for (${(kinds ?? []).join(', ')})`);
  return wanted.map(({ id }) => id);
}

/** Address and mask, as IPv6: an IPv4 network is one of 96 bits more. */
function network(text: string | undefined): Pick<EventWishes, 'address' | 'mask'> {
  if (text === undefined) return { address: '::', mask: '::' };
  const [address = '', length, ...rest] = text.split('/');
  const found = readAddress(address);
  const most = found?.family === 6 ? 128 : 32;
  const bits = length === undefined ? most : Number(length);
  const isLength = length === undefined || /^\d{1,3}$/.test(length);
  if (found === undefined || rest.length > 0 || !isLength || bits > most)
    throw bad('address', text, 'an address or a network, such as 203.0.113.5 or 2001:db8::/32');
  return found.family === 6
    ? { address: found.text, mask: maskText(bits) }
    : { address: `::ffff:${found.text}`, mask: maskText(96 + bits) };
}

function maskText(bits: number): string {
  const words = Array.from({ length: 8 }, (_, i) => {
    const ones = Math.min(16, Math.max(0, bits - 16 * i));
    return (0xffff & (0xffff << (16 - ones))).toString(16);
  });
  return words.join(':');
}

function bad(option: string, value: unknown, takes: string): CoreError {
  return new CoreError('LBX_BAD_OPTION', `events: ${option} ${JSON.stringify(value)}: give ${takes}`, {
    option,
    value,
  });
}

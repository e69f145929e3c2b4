import { lookupService } from '../explain/service-key.ts';
import { addToChecksum, replaceByte } from './checksummed-write.ts';
import { isAnswered } from './icmp-error.ts';
import type { End, Run } from './run.ts';
import { sentBy } from './sent-by.ts';
import { writeAddresses } from './write-packet.ts';

const REQUEST = { 4: 8, 6: 128 } as const;
const REPLY = { 4: 0, 6: 129 } as const;

/** A ping of a service address is answered, if that is switched on; undefined when not. */
export function answerEcho(run: Run): End | undefined {
  const { packet, settings, trace } = run;
  const { family, frame, l4At, ipAt, from, to } = packet;
  const { gate, wildcards, echo } = settings;
  if (!echo || (gate && !(wildcards && run.mayBeOurs(to.address, 0, 0)))) return undefined;
  if (frame.length < l4At + 4 || frame[l4At] !== REQUEST[family] || frame[l4At + 1] !== 0) return undefined;
  const wildcard = { address: to.address, dport: 0, proto: 0, scope: 0 };
  if (!lookupService(trace, family, wildcard, 'is it a service address')) return undefined;
  if (!isAnswered(from.address)) return undefined;

  const bytes = frame.slice();
  const view = new DataView(bytes.buffer);
  bytes.set(frame.subarray(6, 12), 0);
  bytes.set(frame.subarray(0, 6), 6);
  // Addresses that change places make no difference to any sum.
  writeAddresses(view, packet, to.address, from.address);
  addToChecksum(view, l4At + 2, replaceByte(view, l4At, REPLY[family]));
  const hops = replaceByte(view, family === 4 ? ipAt + 8 : ipAt + 7, 64);
  if (family === 4) addToChecksum(view, ipAt + 10, hops);
  return { verdict: sentBy(run), reason: 'sent_echo_reply', frame: bytes };
}

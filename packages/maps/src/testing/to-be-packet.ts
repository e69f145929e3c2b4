import { type PacketBuilder, type ParsedPacket, parsePacket } from '@lbx/testing/packet';
import { toHex } from '../codec/bytes.ts';
import { compareFacts, indent } from './compare-facts.ts';
import { type MatcherResult, resultOf } from './matcher-result.ts';

/** Some fields of a packet, such as `{ ipv4: { ttl: 63 }, tcp: { dport: 8080 } }`: those not named are not looked at. */
export type PacketFields = {
  readonly [P in keyof ParsedPacket]?: ParsedPacket[P] extends infer F | undefined
    ? F extends Uint8Array | readonly unknown[] | boolean
      ? F
      : F extends object
        ? Partial<F>
        : F
    : never;
};

/**
 * Is this frame that packet, with right checksums and lengths? Differences are shown by header and field.
 *
 *     expect(result.data).toBePacket(eth().ipv4({ src, dst, ttl: 63 }).tcp({ sport: 40000, dport: 8080 }));
 *     expect(result.data).toBePacket({ ipv4: { dst: '192.0.2.10' }, tcp: { dport: 8080 } });
 *
 * @param expected - a whole packet (builder or bytes), or some of its fields.
 */
export function toBePacket(
  received: Uint8Array | PacketBuilder,
  expected: Uint8Array | PacketBuilder | PacketFields,
): MatcherResult {
  const found = parsePacket(bytesOf(received));
  const isWhole = expected instanceof Uint8Array || 'bytes' in expected;
  const wanted: PacketFields = isWhole ? parsePacket(bytesOf(expected)) : expected;
  const [left, right] = [factsOf(wanted), factsOf(found)];
  if (!isWhole) for (const name of right.keys()) if (!left.has(name)) right.delete(name);
  const problems = isWhole ? [] : found.problems.map((problem) => `not right: ${problem}`);
  return resultOf(
    isWhole ? 'the packet' : 'a packet with these fields',
    indent([...compareFacts(left, right), ...problems]),
  );
}

function bytesOf(packet: Uint8Array | PacketBuilder): Uint8Array {
  if (packet instanceof Uint8Array) return packet;
  if (typeof packet?.bytes === 'function') return packet.bytes();
  throw new TypeError(
    'toBePacket: expected the bytes of a frame, such as `outcome.bytes`, or a packet of eth()',
  );
}

/** `ipv4.ttl`: `63`; nested headers have longer names. */
function factsOf(value: object, prefix = ''): Map<string, string> {
  const facts = new Map<string, string>();
  for (const [name, part] of Object.entries(value)) {
    const path = `${prefix}${name}`;
    if (part === undefined) continue;
    if (part instanceof Uint8Array) facts.set(path, part.length === 0 ? 'no bytes' : toHex(part));
    else if (Array.isArray(part))
      facts.set(
        path,
        part.map((one) => (typeof one === 'object' ? JSON.stringify(one) : one)).join('|') || 'none',
      );
    else if (typeof part === 'object' && part !== null)
      for (const [inner, text] of factsOf(part, `${path}.`)) facts.set(inner, text);
    else facts.set(path, String(part));
  }
  return facts;
}

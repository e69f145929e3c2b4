import type { Random } from './random.ts';

/**
 * A frame as a broken sender, a bad cable or an attacker would make it from a good one: cut short, with bytes or bits
 * changed, with a length field that lies, or with bytes added. The same chance gives the same frame.
 */
export function spoilFrame(frame: Uint8Array, random: Random): Uint8Array {
  const times = 1 + random.below(3);
  let bytes = frame.slice();
  for (let i = 0; i < times; i++) bytes = random.pick(WAYS)(bytes, random);
  return bytes;
}

type Way = (bytes: Uint8Array<ArrayBuffer>, random: Random) => Uint8Array<ArrayBuffer>;

/** Never less than an Ethernet header: shorter ones, no driver hands over. */
const cut: Way = (bytes, random) => bytes.slice(0, Math.min(bytes.length, 14 + random.below(bytes.length)));

const changeByte: Way = (bytes, random) => {
  // The headers are where it matters.
  const at = 12 + random.below(Math.max(1, Math.min(bytes.length, 90) - 12));
  if (at < bytes.length) bytes[at] = random.below(256);
  return bytes;
};

const changeBit: Way = (bytes, random) => {
  const at = random.below(bytes.length);
  bytes[at]! ^= 1 << random.below(8);
  return bytes;
};

/** One of the bytes that say how long something is, or what it is. */
const lie: Way = (bytes, random) => {
  const at = random.pick([12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 36, 37, 38, 39, 46, 54, 55, 58]);
  if (at < bytes.length)
    bytes[at] = random.pick([0, 1, 2, 4, 5, 6, 17, 43, 44, 60, 0x45, 0x46, 0x4f, 0x60, 0xff]);
  return bytes;
};

const append: Way = (bytes, random) => Uint8Array.of(...bytes, ...random.bytes(1 + random.below(40)));

const WAYS: readonly Way[] = [cut, changeByte, changeByte, changeBit, lie, append];

/** The ones' complement sum of 16-bit big-endian words (RFC 1071); an odd last byte counts as the high half. */
function sumWords(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (bytes.length % 2 === 1) sum += bytes[bytes.length - 1]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** The Internet checksum of bytes whose checksum field is zero. 0 for bytes that contain their right checksum. */
export function internetChecksum(bytes: Uint8Array, start = 0): number {
  return ~sumWords(bytes, start) & 0xffff;
}

/** What TCP, UDP and ICMPv6 checksums cover besides the segment. */
export interface PseudoHeader {
  /** 4 or 16 bytes each. */
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  readonly protocol: number;
}

/** The checksum of a segment with its pseudo-header (RFC 793, RFC 8200 section 8.1), as {@link internetChecksum}. */
export function segmentChecksum(pseudo: PseudoHeader, segment: Uint8Array): number {
  const addresses = sumWords(pseudo.dst, sumWords(pseudo.src));
  // The length is 16 bits wide for IPv4 and 32 for IPv6: the sum is the same.
  return internetChecksum(segment, addresses + pseudo.protocol + segment.length);
}

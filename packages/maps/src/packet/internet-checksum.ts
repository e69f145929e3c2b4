/** The checksum (RFC 1071) of bytes laid end to end, whose own field is zero; each but the last has an even length. */
export function checksumOf(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const bytes of parts) {
    for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  }
  return ~foldSum(sum) & 0xffff;
}

/** A one's complement sum in 16 bits. */
export function foldSum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return folded;
}

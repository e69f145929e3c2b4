/** Which keys of a map are the same entry, and which entry a lookup finds. Keys are the encoded bytes. */
export interface KeySpace {
  /** Identity of a key, or undefined where the kernel answers EINVAL. */
  idOf(key: Buffer): string | undefined;
  /** Identity of the entry that a lookup of `key` finds; `has` tells what is there. */
  find(key: Buffer, has: (id: string) => boolean): string | undefined;
}

/** Hash maps: keys are the same when all bytes are, padding included. */
export const wholeKeys: KeySpace = {
  idOf: (key) => key.toString('latin1'),
  find(key, has) {
    const id = key.toString('latin1');
    return has(id) ? id : undefined;
  },
};

/**
 * LPM tries: a key is a prefix (length in bits as a host-order u32, then the data). Two keys are the same entry when
 * length and covered bits are equal; a lookup finds the longest entry, no longer than itself, that covers it.
 */
export function prefixKeys(keySize: number): KeySpace {
  const dataBytes = keySize - 4;
  const identity = (key: Buffer, bits: number): string => {
    const data = Buffer.from(key.subarray(4));
    const whole = bits >>> 3;
    if (whole < dataBytes) {
      data[whole] = data[whole]! & (0xff00 >> (bits & 7));
      data.fill(0, whole + 1);
    }
    return `${bits}:${data.toString('latin1')}`;
  };
  return {
    idOf(key) {
      const bits = key.readUInt32LE(0);
      return bits > dataBytes * 8 ? undefined : identity(key, bits);
    },
    find(key, has) {
      const length = key.readUInt32LE(0);
      if (length > dataBytes * 8) return undefined; // what the kernel answers: not found
      for (let bits = length; bits >= 0; bits--) {
        const id = identity(key, bits);
        if (has(id)) return id;
      }
      return undefined;
    },
  };
}

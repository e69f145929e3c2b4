/** What a record between createPacketSocket() and its child process holds. */
export const KIND = { ready: 0, in: 1, out: 2, error: 3, send: 4 } as const;

const HEADER = 5;

/** `{ length u32le, kind u8, bytes }`. */
export function writeRecord(kind: number, bytes: Uint8Array): Uint8Array {
  const record = Buffer.alloc(HEADER + bytes.length);
  record.writeUInt32LE(bytes.length, 0);
  record[4] = kind;
  record.set(bytes, HEADER);
  return record;
}

/** Makes a listener for chunks of a stream that calls back with each whole record. */
export function readRecords(onRecord: (kind: number, bytes: Uint8Array) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER && rest.length >= HEADER + rest.readUInt32LE(0)) {
      const end = HEADER + rest.readUInt32LE(0);
      onRecord(rest[4]!, Uint8Array.from(rest.subarray(HEADER, end)));
      rest = rest.subarray(end);
    }
  };
}

import { readFileSync, statSync } from 'node:fs';
import { FormatError } from '../elf/format-error.ts';

/** Real objects have some 10 kB to a few MB. */
const maxFileSize = 256 * 1024 * 1024;

/**
 * The bytes of an object's file.
 *
 * @throws FormatError `LBX_OBJECT_UNREADABLE`, with the system's error as cause
 */
export function readObjectFile(path: string): Uint8Array {
  try {
    const status = statSync(path);
    if (status.isCharacterDevice() || status.isBlockDevice()) throw new Error('it is a device');
    if (status.size > maxFileSize)
      throw new Error(`it has ${status.size} bytes, at most ${maxFileSize} are read`);
    const buffer = readFileSync(path);
    // Not as a Buffer: its slice() would not copy.
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  } catch (cause) {
    const reason = `cannot read the BPF object: ${(cause as Error).message}`;
    throw new FormatError('LBX_OBJECT_UNREADABLE', reason, { path, cause });
  }
}

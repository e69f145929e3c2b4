import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { manifest, objectPath, readObject } from '@lbx/bpf';
import { describe, expect, it } from 'vitest';

const names = Object.keys(manifest.objects);
const root = new URL('../../', import.meta.url);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('prebuilt objects', () => {
  it('has the socket load balancer', () => expect(names).toContain('sock'));

  it.each(names)('%s is a little-endian BPF ELF of the size that the manifest says', (name) => {
    const bytes = readObject(name);
    expect(bytes.length).toBe(manifest.objects[name]?.size);
    const elf = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    expect(elf.getUint32(0)).toBe(0x7f454c46);
    expect(elf.getUint8(5)).toBe(1);
    expect(elf.getUint16(18, true)).toBe(247);
  });

  it.each(names)('%s has an absolute path that exists', (name) => {
    expect(isAbsolute(objectPath(name))).toBe(true);
    expect(existsSync(objectPath(name))).toBe(true);
  });

  it.each(names)('%s was built from the sources in the tree', (name) => {
    const entry = manifest.objects[name];
    expect(Object.keys(entry?.sources ?? {})).toContain(entry?.source);
    for (const [path, hash] of Object.entries(entry?.sources ?? {})) {
      expect(sha256(readFileSync(new URL(path, root))), path).toBe(hash);
    }
  });

  it('does not carry the path of the machine that built it', () => {
    for (const name of names) {
      expect(Buffer.from(readObject(name)).includes(decodeURIComponent(root.pathname)), name).toBe(false);
    }
  });

  it.each(['nope', 'constructor', '../sock'])('refuses the name %s and says which there are', (name) => {
    for (const call of [objectPath, readObject]) {
      expect(() => call(name)).toThrow(
        expect.objectContaining({ code: 'LBX_UNKNOWN_OBJECT', message: expect.stringContaining('sock') }),
      );
    }
  });
});

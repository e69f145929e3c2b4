import { readFileSync } from 'node:fs';
import { objectPath as prebuiltPath } from '@lbx/bpf';
import fc from 'fast-check';
import { parseElf, parseObject } from 'libbpf-ts/elf';
import { expect, it } from 'vitest';
import { objectPath } from '../../../libbpf-ts/test/object-path.ts';
import { fuzz, fuzzMs, orRefuse } from './fuzz.ts';

/** Small ones, the cases are many: those of tests, and some of the datapath. */
const objects = [
  ...['lookup', 'legacy-maps', 'unresolved', 'pinned'].map((name) => objectPath(name)),
  ...['probe', 'sockprobe', 'sockdestroy'].map((name) => prebuiltPath(name)),
].map((file) => readFileSync(file));

/** Where headers are, the file's and its sections': a change anywhere seldom meets one in a large file. */
const place = fc.oneof(
  fc.nat(),
  fc.nat(64),
  fc.nat(2000).map((back) => -1 - back),
);

const change = fc.record({
  at: place,
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom(
      [0xff, 0xff, 0xff, 0xff],
      [0, 0, 0, 0],
      [0xff, 0xff, 0xff, 0x7f],
      [0, 0, 0, 0x80],
      [0xf8, 0xff, 0xff, 0xff],
    ),
  ),
});

const broken = fc
  .tuple(
    fc.nat(objects.length - 1),
    fc.array(change, { minLength: 1, maxLength: 6 }),
    // Mostly whole.
    fc.oneof(
      { weight: 5, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
    ),
  )
  .map(([which, changes, keep]) => {
    const bytes = Uint8Array.from(objects[which]!);
    for (const { at, bytes: put } of changes) {
      const from = (bytes.length + (at % bytes.length)) % bytes.length;
      bytes.set([...put].slice(0, bytes.length - from), from);
    }
    return bytes.subarray(0, Math.floor(bytes.length * keep));
  });

it('an object file with broken bytes is read or refused', { timeout: fuzzMs }, () => {
  let read = 0;
  fuzz(broken, (bytes) => {
    const spec = orRefuse(() => parseObject(bytes));
    if (spec === undefined) return;
    read++;
    for (let id = 0; id < spec.btf.typeCount; id++) {
      orRefuse(() => spec.btf.typeName(id));
      orRefuse(() => spec.btf.sizeOf(id));
      orRefuse(() => spec.btf.structOf(id));
    }
  });
  expect(read).toBeGreaterThan(100);
});

it('bytes of any kind are no object file', { timeout: fuzzMs }, () => {
  const magic = fc
    .uint8Array({ maxLength: 200 })
    .map((bytes) => Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, ...bytes));
  fuzz(fc.oneof(fc.uint8Array({ maxLength: 300 }), magic), (bytes) => {
    orRefuse(() => parseElf(bytes));
    orRefuse(() => parseObject(bytes));
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { objectPath } from '../../test/object-path.ts';
import type { Btf } from '../btf/btf.ts';
import { FormatError } from '../elf/format-error.ts';
import { parseElf } from '../elf/parse-elf.ts';
import { parseObject } from './parse-object.ts';

/** Far above what one parse takes (about 2 ms), far below what a loop without bound would. */
const maxMilliseconds = 5_000;

const objects = ['rich', 'odd', 'big-endian'].map((name) => new Uint8Array(readFileSync(objectPath(name))));

/** Places where a change matters most: the headers, the tables of sections and symbols, the BTF. */
const hotSpots = objects.map((bytes) => {
  const elf = parseElf(bytes);
  const tables = elf.sections.filter(({ name }) => /^\.(BTF|symtab|strtab|maps|rel\.maps)$/.test(name));
  const table = new DataView(bytes.buffer).getBigUint64(0x28, elf.byteOrder === 'little');
  return [[0, 64], [Number(table), bytes.length], ...tables.map((s) => [s.offset, s.offset + s.size])] as [
    number,
    number,
  ][];
});

/** Values that tend to break readers. */
const word = fc.oneof(
  fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff),
  fc.nat(0xffffffff),
  fc.nat(300),
);

interface Mutation {
  readonly object: number;
  readonly edits: readonly {
    readonly spot: number;
    readonly at: number;
    readonly size: number;
    readonly word: number;
  }[];
  readonly keep: number;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  object: fc.nat(objects.length - 1),
  edits: fc.array(
    fc.record({ spot: fc.nat(9), at: fc.nat(0xffffff), size: fc.constantFrom(1, 2, 4, 8), word }),
    { maxLength: 6 },
  ),
  // Mostly whole files, else cut somewhere.
  keep: fc.oneof(
    { weight: 4, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  ),
});

function mutate({ object, edits, keep }: Mutation): Uint8Array {
  const bytes = objects[object]!.slice();
  const spots = hotSpots[object]!;
  for (const { spot, at, size, word } of edits) {
    const [start, end] = spots[spot % spots.length]!;
    const offset = start + (at % (end - start));
    for (let i = 0; i < size && offset + i < bytes.length; i++)
      bytes[offset + i] = i < 4 ? word >>> (8 * i) : 0;
  }
  return bytes.subarray(0, Math.floor(bytes.length * keep));
}

/** Everything a Btf can be asked. */
function askAll(btf: Btf): void {
  const ask = (question: () => unknown): void => {
    try {
      question();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  };
  for (let id = 0; id < btf.typeCount; id++) {
    ask(() => btf.typeName(id));
    ask(() => btf.sizeOf(id));
    ask(() => btf.structOf(id));
    ask(() => btf.datasec(btf.type(id).name));
    ask(() => btf.variable(btf.type(id).name));
  }
}

test('broken objects give a spec or a FormatError, and soon', () => {
  let parsed = 0;
  let refused = 0;
  fc.assert(
    fc.property(mutation, (change) => {
      const bytes = mutate(change);
      const start = process.cpuUsage();
      try {
        askAll(parseObject(bytes).btf);
        parsed++;
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        expect((error as FormatError).code).toMatch(/^LBX_/);
        expect((error as FormatError).message.length).toBeLessThan(10_000);
        refused++;
      }
      expect(process.cpuUsage(start).user / 1000).toBeLessThan(maxMilliseconds);
    }),
    { numRuns: 2_000 },
  );
  // The mutations neither miss everything nor break everything.
  expect(parsed).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(100);
});

test('every truncation of an object is refused', () => {
  const bytes = objects[0]!;
  for (let length = 0; length < bytes.length; length += 37) {
    expect(() => parseObject(bytes.subarray(0, length))).toThrow(FormatError);
  }
});

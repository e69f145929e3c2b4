import { join } from 'node:path';
import { createBpffsFolder, describeKernel } from '@lbx/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BpfMap } from './map.ts';

describeKernel('a map opened by its pin or its id', () => {
  // A reader that believes another size than the kernel's has memory overwritten.
  test('has the sizes that the kernel says, whatever they are: every byte comes back', () => {
    using folder = createBpffsFolder('map-sizes');
    const path = join(folder.path, 'sizes');
    const sizes = fc.record({
      type: fc.constantFrom('hash', 'percpu_hash', 'lru_hash'),
      keySize: fc.integer({ min: 1, max: 64 }),
      valueSize: fc.integer({ min: 1, max: 300 }),
      seed: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(sizes, ({ type, keySize, valueSize, seed }) => {
        using made = BpfMap.create({ name: 'sizes', type, keySize, valueSize, maxEntries: 16 });
        made.pin(path);
        try {
          const key = new Uint8Array(keySize).fill(seed);
          // What the kernel rounds a value of a CPU up with is not kept.
          const stride = (valueSize + 7) & ~7;
          const value = new Uint8Array(made.valueBytes).map((_, i) =>
            made.valueBytes === valueSize || i % stride < valueSize ? (i + seed) & 255 : 0,
          );
          for (const again of [BpfMap.openPinned(path), BpfMap.fromId(made.id)]) {
            using map = again;
            expect([map.keySize, map.valueSize, map.valueBytes]).toEqual([
              keySize,
              valueSize,
              made.valueBytes,
            ]);
            map.set(key, value);
            expect(map.get(key)).toEqual(value);
            expect([...map.entries()]).toEqual([[key, value]]);
            expect(() => map.get(new Uint8Array(keySize + 1))).toThrow(/key has/);
            expect(() => map.set(key, new Uint8Array(map.valueBytes + 1))).toThrow(/value has/);
          }
        } finally {
          made.unpin(path);
        }
      }),
      { numRuns: 100 },
    );
  });
});

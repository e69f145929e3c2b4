import { readFileSync } from 'node:fs';
import { MapFlag, type MapShape, mapMemory, tableMemory } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { expect, it } from 'vitest';

/** "0-3", "0": how many CPUs the kernel has made room for. */
function possibleCpus(): number {
  const text = readFileSync('/sys/devices/system/cpu/possible', 'utf8').trim();
  return 1 + Number(text.slice(text.lastIndexOf('-') + 1));
}

/** What the kernel says a map takes. */
function memlock({ fd }: BpfMap): number {
  return Number(/^memlock:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]);
}

const shapes: readonly (readonly [string, MapShape])[] = (
  [
    ['hash', MapFlag.noPrealloc, 12, 12],
    ['hash', 0, 24, 12],
    ['lru_hash', 0, 16, 16],
    ['lru_hash', MapFlag.noCommonLru, 16, 20],
    ['percpu_hash', MapFlag.noPrealloc, 8, 20],
    ['percpu_hash', 0, 8, 20],
    ['lru_percpu_hash', 0, 8, 20],
    ['array', 0, 4, 20],
    ['array', MapFlag.mmapable, 4, 20],
    ['percpu_array', 0, 4, 20],
    ['lpm_trie', MapFlag.noPrealloc, 12, 1],
  ] as const
).map(([type, flags, keySize, valueSize]) => [
  `${type}, flags ${flags}`,
  { type, flags, keySize, valueSize, maxEntries: 4001 },
]);

describeKernel('mapMemory', () => {
  it.each(shapes)('is what the kernel says: %s', (_, shape) => {
    using map = BpfMap.create(shape);
    const isArray = shape.type.endsWith('array');
    const entries = isArray ? 0 : 1000;
    for (let i = 0; i < entries; i++) {
      const key = Buffer.alloc(shape.keySize);
      if (shape.type === 'lpm_trie') {
        key.writeUInt32LE(64, 0);
        key.writeUInt32BE(i, 8);
      } else key.writeUInt32LE(i, 0);
      map.set(key, Buffer.alloc(map.valueBytes));
    }
    const forecast = mapMemory(shape, entries, possibleCpus());
    const fixed = memlock(map) - forecast;
    expect(fixed, `${memlock(map)} against ${forecast}`).toBeGreaterThanOrEqual(0);
    // Kernels before 6.14 have larger nodes in their tries.
    expect(fixed).toBeLessThanOrEqual(shape.type === 'lpm_trie' ? 4096 + 16 * entries : 4096);
  });

  it('is what the kernel says of a Maglev table', () => {
    using map = BpfMap.create({ type: 'array', keySize: 4, valueSize: 4 * 16381, maxEntries: 1 });
    const fixed = memlock(map) - tableMemory(16381);
    expect(fixed).toBeGreaterThanOrEqual(0);
    expect(fixed).toBeLessThan(2048);
  });
});

import { readFileSync } from 'node:fs';
import { describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { mapTypes } from '../map-type.ts';
import { attachTypes, programTypes } from '../program-type.ts';
import { parseBtf } from './parse-btf.ts';

describeKernel("the running kernel's BTF", () => {
  const bytes = readFileSync('/sys/kernel/btf/vmlinux');
  const btf = parseBtf(bytes);

  test('is read at once', () => {
    const start = process.cpuUsage();
    expect(parseBtf(bytes).struct('udphdr').members[1]).toMatchObject({
      name: 'dest',
      offset: 2,
      type: '__be16',
    });
    // Some 10 ms of a processor; decoding every type by name first would take far more.
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(500);
  });

  test('every type has a name or a reason, every struct its members', () => {
    let structs = 0;
    for (let id = 1; id < btf.typeCount; id++) {
      btf.typeName(id);
      const { kind } = btf.type(id);
      if (kind !== 'struct' && kind !== 'union') continue;
      btf.structOf(id);
      structs++;
    }
    expect(structs).toBeGreaterThan(1_000);
  });

  test.each([
    ['bpf_map_type', 'BPF_MAP_TYPE_', mapTypes],
    ['bpf_prog_type', 'BPF_PROG_TYPE_', programTypes],
    ['bpf_attach_type', 'BPF_', attachTypes],
  ] as const)('%s has the numbers of our table', (name, prefix, table) => {
    const ours = new Map<string, number>(Object.entries(table));
    let compared = 0;
    for (const { name: value, value: number } of btf.enum(name).values) {
      const our = ours.get(value.slice(prefix.length).toLowerCase());
      if (our === undefined) continue;
      expect([value, our]).toEqual([value, number]);
      compared++;
    }
    // An older kernel lacks the last few.
    expect(compared).toBeGreaterThan(ours.size - 16);
  });
});

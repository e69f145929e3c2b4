import { join } from 'node:path';
import { createBpffsFolder, describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { load } from '../object/load.ts';
import { BpfProgram } from './program.ts';
import { enableRunStatistics } from './run-statistics.ts';

const rich = join(import.meta.dirname, '../../test/objects/rich.bpf.o');
const onlyXdp = { programs: { rich_tc: { autoload: false }, rich_connect4: { autoload: false } } };
const XDP_PASS = 2;

describeKernel('BpfProgram', () => {
  test('what the kernel knows of it', () => {
    using object = load(rich, onlyXdp);
    const info = object.program('rich_xdp').info();
    expect(info).toMatchObject({ name: 'rich_xdp', type: 'xdp', gplCompatible: true, createdByUid: 0 });
    expect(info.tag).toMatch(/^[0-9a-f]{16}$/);
    expect(info.verifiedInstructions).toBeGreaterThan(50);
    expect(info.translatedBytes).toBeGreaterThan(0);
    expect(info.mapIds).toContain(object.map('counters').id);
  });

  test('runs and run time are counted while statistics are on', () => {
    using object = load(rich, onlyXdp);
    const program = object.program('rich_xdp');
    program.testRun({ data: new Uint8Array(64) });
    expect(program.info().runCount).toBe(0);
    {
      using _statistics = enableRunStatistics();
      for (let i = 0; i < 3; i++) program.testRun({ data: new Uint8Array(64) });
    }
    expect(program.info().runCount).toBe(3);
    expect(program.info().runTimeNs).toBeGreaterThan(0);
  });

  test('a run gives verdict, packet and duration; a short packet is refused in words', () => {
    using object = load(rich, onlyXdp);
    const data = Uint8Array.from({ length: 100 }, (_, i) => i & 0x7f);
    const result = object.program('rich_xdp').testRun({ data, repeat: 10 });
    expect(result).toMatchObject({ retval: XDP_PASS, data });
    expect(result.durationNs).toBeGreaterThan(0);
    expect(() => object.program('rich_xdp').testRun({ data: data.subarray(0, 13) })).toThrow(
      /EINVAL.*14 bytes; this one has 13/s,
    );
  });

  test('a tc program may be given the sum of the packet that a device made', () => {
    using object = load(rich, {
      programs: { rich_xdp: { autoload: false }, rich_connect4: { autoload: false } },
    });
    const data = Uint8Array.from({ length: 100 }, (_, i) => i & 0x7f);
    const program = object.program('rich_tc');
    expect(program.testRun({ data, checksumComplete: true }).data).toEqual(data);
    // The kernel knows the flag for tc only.
    using xdp = load(rich, onlyXdp);
    expect(() => xdp.program('rich_xdp').testRun({ data, checksumComplete: true })).toThrow(/EINVAL/);
  });

  test('a context goes in and comes back', () => {
    using object = load(rich, onlyXdp);
    // struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex.
    const ctx = Buffer.alloc(24);
    ctx.writeUInt32LE(64, 4);
    const result = object.program('rich_xdp').testRun({ data: new Uint8Array(64), ctx });
    expect(result.ctx).toHaveLength(24);
    expect(Buffer.from(result.ctx).readUInt32LE(4)).toBe(64);
  });

  test('by fd, id and pin: the same program', () => {
    using folder = createBpffsFolder('program');
    using object = load(rich, onlyXdp);
    const program = object.program('rich_xdp');
    const path = join(folder.path, 'program');
    program.pin(path);
    using byFd = BpfProgram.fromFd(program.fd);
    using byId = BpfProgram.fromId(program.id);
    using byPin = BpfProgram.openPinned(path);
    expect([byFd.id, byId.id, byPin.id]).toEqual([program.id, program.id, program.id]);
    expect(byPin.tag).toBe(program.tag);
    object.close();
    expect(byPin.testRun({ data: new Uint8Array(64) }).retval).toBe(XDP_PASS);
    expect(byPin.unpin()).toBe(true);
  });

  test('a map is no program', () => {
    using folder = createBpffsFolder('kind');
    using object = load(rich, onlyXdp);
    const path = join(folder.path, 'map');
    object.map('flows').pin(path);
    expect(() => BpfProgram.openPinned(path)).toThrow(/is a pinned map, not a prog/);
    expect(() => BpfProgram.fromFd(object.map('flows').fd)).toThrow(
      expect.objectContaining({ code: 'LBX_WRONG_KIND' }),
    );
  });

  test('programs can be put into a program array', () => {
    using object = load(rich, onlyXdp);
    const packet = new Uint8Array(64).fill(0xfe, 0, 1);
    expect(object.program('rich_xdp').testRun({ data: packet }).retval).toBe(3);
    object.map('calls').delete(Uint8Array.of(1, 0, 0, 0));
    expect(object.program('rich_xdp').testRun({ data: packet }).retval).toBe(XDP_PASS);
    object.map('calls').setProgram(1, object.program('rich_tail'));
    expect(object.program('rich_xdp').testRun({ data: packet }).retval).toBe(3);
  });
});

import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { load } from '../object/load.ts';
import { RingBuffer } from './ring-buffer.ts';

const rich = join(import.meta.dirname, '../../test/objects/rich.bpf.o');
const programs = { rich_tc: { autoload: false }, rich_connect4: { autoload: false } };
/** struct event of the object: sequence u64, length u32, seed u32. */
const eventSize = 16;

function open(ringSize = 65536) {
  const object = load(rich, { programs, maps: { events: { maxEntries: ringSize } } });
  const send = (count: number, length = 64) => {
    const data = new Uint8Array(length);
    for (let i = 0; i < count; i++) object.program('rich_xdp').testRun({ data });
  };
  return { object, send, map: object.map('events'), [Symbol.dispose]: () => object.close() };
}

const sequenceOf = (record: Uint8Array) => Number(Buffer.from(record).readBigUInt64LE(0));
const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

describeKernel('RingBuffer', () => {
  test('drain gives what is there, in order, once', () => {
    using world = open();
    using ring = new RingBuffer(world.map);
    expect(ring.drain(() => {})).toBe(0);
    world.send(5, 70);
    const records: Uint8Array[] = [];
    expect(ring.drain((record) => records.push(record.slice()))).toBe(5);
    expect(records.map(sequenceOf)).toEqual(range(1, 5));
    expect(records.map((record) => [record.length, Buffer.from(record).readUInt32LE(8)])).toEqual(
      new Array(5).fill([eventSize, 70]),
    );
    expect(ring.drain(() => {})).toBe(0);
  });

  test('records that wrap around the end of the ring are whole', () => {
    using world = open(4096);
    using ring = new RingBuffer(world.map);
    const sequences: number[] = [];
    // 24 bytes a record do not divide 4096: over 1000 of them, the ring goes round six times.
    for (let i = 0; i < 50; i++) {
      world.send(20);
      ring.drain((record) => sequences.push(sequenceOf(record)));
    }
    expect(sequences).toEqual(range(1, 1000));
  });

  test('what does not fit is lost, and the ring works on', () => {
    using world = open(4096);
    using ring = new RingBuffer(world.map);
    world.send(300);
    const first: number[] = [];
    ring.drain((record) => first.push(sequenceOf(record)));
    expect(first.length).toBeGreaterThan(100);
    expect(first).toEqual(range(1, first.length));
    world.send(1);
    const next: number[] = [];
    ring.drain((record) => next.push(sequenceOf(record)));
    expect(next).toEqual([301]);
  });

  test('a limit leaves the rest; a record whose consumer throws is consumed', () => {
    using world = open();
    using ring = new RingBuffer(world.map);
    world.send(5);
    expect(ring.drain(() => {}, { limit: 2 })).toBe(2);
    const fail = () => {
      throw new Error('not today');
    };
    expect(() => ring.drain(fail)).toThrow('not today');
    const rest: number[] = [];
    ring.drain((record) => rest.push(sequenceOf(record)));
    expect(rest).toEqual([4, 5]);
  });

  test.each([{}, { pollMs: 1 }])('for await is woken by records and ended by close (%j)', async (options) => {
    using world = open();
    const ring = new RingBuffer(world.map, options);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const record of ring) {
        seen.push(sequenceOf(record));
        if (seen.length === 2) world.send(2);
        if (seen.length === 4) ring.close();
      }
    })();
    await turn();
    world.send(2);
    await reading;
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(() => ring.drain(() => {})).toThrow(expect.objectContaining({ code: 'LBX_CLOSED' }));
  });

  test('close ends a loop that waits', async () => {
    using world = open();
    const ring = new RingBuffer(world.map);
    const next = ring[Symbol.asyncIterator]().next();
    await turn();
    ring.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test('what a break leaves is there for the next loop and for drain', async () => {
    using world = open();
    using ring = new RingBuffer(world.map);
    world.send(4);
    const seen: number[] = [];
    for await (const record of ring) {
      seen.push(sequenceOf(record));
      break;
    }
    for await (const record of ring) {
      seen.push(sequenceOf(record));
      break;
    }
    ring.drain((record) => seen.push(sequenceOf(record)), { limit: 1 });
    ring.drain((record) => seen.push(sequenceOf(record)));
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  test('the map may be closed before the ring', () => {
    using world = open();
    using ring = new RingBuffer(world.map);
    world.send(1);
    world.map.close();
    expect(ring.drain(() => {})).toBe(1);
  });

  test('another kind of map is refused', () => {
    using world = open();
    expect(() => new RingBuffer(world.object.map('flows'))).toThrow(/flows is a hash, not a ringbuf/);
  });
});

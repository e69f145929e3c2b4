import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createNetns, describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { objectPath } from '../../test/link-world.ts';
import { load } from '../object/load.ts';
import { inNetns } from './in-netns.ts';
import { listLinks } from './list-links.ts';
import { readIterator } from './read-iterator.ts';

const ports = (bytes: Buffer) =>
  Array.from({ length: bytes.length / 2 }, (_, n) => bytes.readUInt16LE(2 * n));

describeKernel('iterators', () => {
  test('walk the map that they are given, however much they write', () => {
    using object = load(objectPath('iterators'));
    const map = object.map('entries');
    const count = 10_000;
    const keys = Uint32Array.from({ length: count }, (_, n) => n);
    const values = BigUint64Array.from({ length: count }, (_, n) => BigInt(n) * 3n);
    map.updateBatch(new Uint8Array(keys.buffer), new Uint8Array(values.buffer));
    using link = object.program('dump_entries').attachIter({ map });
    const found = new Map<bigint, bigint>();
    const bytes = readIterator(link);
    expect(bytes.length).toBe(16 * count);
    for (let at = 0; at < bytes.length; at += 16)
      found.set(bytes.readBigUInt64LE(at), bytes.readBigUInt64LE(at + 8));
    expect(found.size).toBe(count);
    for (const [key, value] of found) expect(value).toBe(key * 3n);
    map.delete(new Uint8Array(keys.buffer, 0, 4));
    expect(readIterator(link).length).toBe(16 * (count - 1));
  });

  test('walk the sockets of the network namespace that the thread is in', async () => {
    using object = load(objectPath('iterators'));
    using link = object.program('list_udp').attachIter();
    const netns = createNetns('iterate');
    const socket: Socket = createSocket('udp4');
    try {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      expect(ports(readIterator(link))).toContain(socket.address().port);
      expect(inNetns(netns.path, () => readIterator(link))).toEqual(Buffer.alloc(0));
    } finally {
      socket.close();
      netns.close();
    }
  });

  test('are links', () => {
    using object = load(objectPath('iterators'));
    const program = object.program('list_udp');
    using link = program.attachIter();
    expect(link.info()).toMatchObject({ kind: 'iter', programId: program.id });
    expect(listLinks({ kind: 'iter', programId: program.id })).toEqual([link.info()]);
  });

  test('what is none is refused', () => {
    using object = load(objectPath('iterators'));
    expect(() => object.program('no_iterator').attachIter()).toThrow(
      expect.objectContaining({ code: 'EINVAL', hint: expect.stringContaining('SEC("iter/') }),
    );
    expect(() => object.program('dump_entries').attachIter()).toThrow(
      expect.objectContaining({ code: 'EBADF', hint: expect.stringContaining('attachIter({ map })') }),
    );
    using lookup = load(objectPath('lookup'));
    using link = lookup.program('lookup').attachNetns({ path: '/proc/self/ns/net' });
    expect(() => readIterator(link)).toThrow(
      expect.objectContaining({ code: 'EINVAL', hint: expect.stringContaining('attachIter()') }),
    );
  });
});

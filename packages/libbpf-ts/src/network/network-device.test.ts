import { expect, it } from 'vitest';
import { deviceOf } from './network-device.ts';

/** Attributes as the kernel writes them: length, type, value, filled to four bytes. */
function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
}
const u16 = (value: number) => Buffer.from(Uint16Array.of(value).buffer);
const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const text = (value: string) => Buffer.from(`${value}\0`, 'latin1');

function link(ifindex: number, kind: string, data: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeInt32LE(ifindex, 4);
  head.writeUInt32LE(1, 8);
  const info = Buffer.concat([attribute(1, text(kind)), attribute(2, data)]);
  return Buffer.concat([
    head,
    attribute(3, text('eth0.5')),
    attribute(4, u32(1500)),
    attribute(5, u32(2)),
    attribute(18, info),
  ]);
}

const common = { ifindex: 7, name: 'eth0.5', mtu: 1500, isUp: true, isLoopback: false };

it('tells the device and the tag of a VLAN', () => {
  // Protocol (5), id (1) and flags (2) of the VLAN.
  const data = Buffer.concat([
    attribute(5, u16(0x0081)),
    attribute(1, u16(5)),
    attribute(2, Buffer.alloc(8)),
  ]);
  expect(deviceOf(link(7, 'vlan', data))).toEqual({ ...common, kind: 'vlan', vlan: { parent: 2, id: 5 } });
});

it('takes nothing else for one', () => {
  expect(deviceOf(link(7, 'macvlan', attribute(1, u32(4))))).toEqual({ ...common, kind: 'macvlan' });
  expect(deviceOf(link(7, 'vlan', Buffer.alloc(0)))).toEqual({ ...common, kind: 'vlan' });
});

import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u64 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { struct } from '../codec/struct.ts';
import { Present } from './affinity.ts';
import { MapFlag, mapLayout } from './map-layout.ts';

// Cilium 1.20.2: skip_lb4_key, skip_lb6_key.

const netnsCookie = u64.doc('Cookie of the network namespace');
const port = be16.doc('Virtual port');

export const SkipLb4Key = struct('skip_lb4_key', {
  netnsCookie,
  address: ipv4.doc('Virtual address'),
  port,
  pad: pad(2),
});
export type SkipLb4Key = TypeOf<typeof SkipLb4Key>;

export const SkipLb6Key = struct('skip_lb6_key', {
  netnsCookie,
  address: ipv6.doc('Virtual address'),
  pad32: pad(4),
  port,
  pad: pad(2),
});
export type SkipLb6Key = TypeOf<typeof SkipLb6Key>;

const options = {
  maxEntries: 100,
  flags: MapFlag.noPrealloc | MapFlag.readonlyProg,
  doc: 'Services that a network namespace is not translated for (local redirect)',
};
export const skip4 = mapLayout('hash', 'skip_lb4', SkipLb4Key, Present, options);
export const skip6 = mapLayout('hash', 'skip_lb6', SkipLb6Key, Present, options);

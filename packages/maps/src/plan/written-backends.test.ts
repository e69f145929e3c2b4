import { expect, it } from 'vitest';
import type { BackendEntry } from '../project/entry-kinds.ts';
import { WrittenBackends } from './written-backends.ts';

const four = (backendId: number, more: object = {}): BackendEntry => ({
  op: 'set',
  map: 'lb4_backends_v3',
  key: { backendId },
  value: { address: '192.0.2.1', port: 65535, proto: 132, state: 3, clusterId: 0, zone: 0, ...more },
});
const six: BackendEntry = {
  op: 'set',
  map: 'lb6_backends_v3',
  key: { backendId: 4_000_000_000 },
  value: { address: '2001:db8::1', port: 1, proto: 255, state: 255, clusterId: 65535, zone: 255 },
};

it('gives back every field of what it was given', () => {
  const backends = new WrittenBackends();
  const rare = four(7, { zone: 3 });
  backends.set(1, four(1)).set(7, rare).set(six.key.backendId, six);
  expect([...backends]).toEqual([
    [1, four(1)],
    [7, rare],
    [six.key.backendId, six],
  ]);
  expect([1, 2, six.key.backendId].map((id) => backends.mapOf(id))).toEqual([
    'lb4_backends_v3',
    undefined,
    'lb6_backends_v3',
  ]);
  expect([backends.size, backends.get(2), backends.has(7)]).toEqual([3, undefined, true]);
});

it('keeps nothing of what was there before', () => {
  const backends = new WrittenBackends();
  backends.set(7, four(7, { clusterId: 9 }));
  backends.set(7, four(7));
  expect(backends.get(7)).toEqual(four(7));
  backends.set(7, four(7, { zone: 9 }));
  expect([backends.delete(7), backends.delete(7), backends.size]).toEqual([true, false, 0]);
  backends.set(7, four(7));
  expect([...backends.values()]).toEqual([four(7)]);
});

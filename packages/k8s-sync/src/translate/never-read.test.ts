import { expect, it } from 'vitest';
import type { ObjectKind } from '../sources/source-event.ts';
import { createTranslator } from './translator.ts';

function world() {
  const translator = createTranslator({ nodeName: 'node-a' });
  const tell = (kind: ObjectKind, name: string, rest: object, labels: object = {}) =>
    translator.apply({ type: 'upsert', kind, object: { metadata: { name, labels }, ...rest } });
  const never = () => {
    const { owners, slices, services } = translator.neverRead();
    return [...owners, ...slices, ...services];
  };
  return { translator, tell, never };
}
const good = { spec: { clusterIP: '198.51.100.1', ports: [{ port: 80 }] } };
const bad = { spec: { clusterIP: 7 } };
const ofWeb = { 'kubernetes.io/service-name': 'web' };
const slice = { addressType: 'IPv4', endpoints: [] };

it('names Services until they can be read or are gone, and none of which a good version is known', () => {
  const { translator, tell, never } = world();
  for (const name of ['a', 'b', 'c', 'd']) tell('Service', name, bad);
  expect(never()).toEqual(['a', 'b', 'c', 'd'].map((name) => `Service default/${name}`));
  tell('Service', 'a', good);
  translator.apply({ type: 'delete', kind: 'Service', namespace: 'default', name: 'b' });
  // A part of it is bad, the rest counts.
  tell('Service', 'c', { spec: { ...good.spec, ports: [{ port: 99_999 }] } });
  tell('Service', 'd', { spec: { clusterIP: 'None' } });
  expect(never()).toEqual([]);
  for (const name of ['a', 'c', 'd']) tell('Service', name, bad);
  expect(never()).toEqual([]);
  tell('Service', 'b', bad);
  expect(never()).toEqual(['Service default/b']);
});

it('names slices with their Service, as far as that can be read', () => {
  const { translator, tell, never } = world();
  tell('EndpointSlice', 'web-1', { ...slice, endpoints: 3 }, ofWeb);
  tell('EndpointSlice', 'web-2', slice, ofWeb);
  tell('EndpointSlice', 'of-nobody', { ...slice, endpoints: 3 });
  expect(never()).toEqual(['EndpointSlice default/web-1', 'default/web']);
  tell('EndpointSlice', 'web-2', { ...slice, endpoints: 3 }, ofWeb);
  expect(never()).toHaveLength(2);
  translator.apply({ type: 'delete', kind: 'EndpointSlice', namespace: 'default', name: 'web-1' });
  expect(never()).toEqual([]);
});

it('names Pods of this node, or of one that cannot be read', () => {
  const { tell, never } = world();
  tell('Pod', 'here', { spec: { nodeName: 'node-a', containers: 1 } });
  tell('Pod', 'there', { spec: { nodeName: 'node-b', containers: 1 } });
  tell('Pod', 'somewhere', { spec: 'none' });
  expect(never()).toEqual(['Pod default/here', 'Pod default/somewhere']);
});

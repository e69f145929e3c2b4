import { expect, it } from 'vitest';
import { EventLog } from '../../test/event-log.ts';
import { service, slice } from '../../test/objects.ts';
import { objectSource } from './object-source.ts';

it('tells at the start what there is, then every call', async () => {
  const source = objectSource();
  const log = new EventLog();
  source.upsert(service(), slice([]));
  source.upsert(service({}, { name: 'gone' }));
  source.delete('Service', 'default', 'gone');
  source.synced();
  await source.start(log.listener);
  source.upsert(service({}, { namespace: undefined, name: 'plain' }));
  source.delete('Service', '', 'plain');
  source.delete('Service', 'default', 'never');
  source.synced();
  await source.close();
  source.upsert(service({}, { name: 'late' }));
  expect(log.texts).toEqual([
    'upsert Service default/web',
    'upsert EndpointSlice default/web-1',
    'synced',
    'upsert Service default/plain',
    'delete Service default/plain',
  ]);
  await expect(source.start(log.listener)).rejects.toMatchObject({ code: 'LBX_SOURCE_STATE' });
});

it.each([
  [{}, 'kind: is missing'],
  [{ kind: 'Secret' }, 'kind: "Secret" is not read'],
  [{ kind: 'Service', metadata: { name: 'x' } }, 'apiVersion: is missing, should be v1'],
  [{ kind: 'Service', apiVersion: 'v1' }, 'metadata.name: is missing'],
])('refuses %j with all objects of the call', async (object, message) => {
  const source = objectSource();
  const log = new EventLog();
  await source.start(log.listener);
  expect(() => source.upsert(service(), object)).toThrow(message);
  expect(log.events).toEqual([]);
});

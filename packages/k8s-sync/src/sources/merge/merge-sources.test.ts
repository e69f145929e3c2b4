import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventLog, eventText } from '../../../test/event-log.ts';
import { service } from '../../../test/objects.ts';
import { manifestSource } from '../manifests/manifest-source.ts';
import { objectSource } from '../object-source.ts';
import type { SourceEvent } from '../source-event.ts';
import { mergeSources } from './merge-sources.ts';
import { MergedObjects } from './merged-objects.ts';

const web = (address: string) => service({ clusterIP: address });
const addressOf = (event: SourceEvent) =>
  event.type === 'upsert'
    ? (event.object as { spec: { clusterIP: string } }).spec.clusterIP
    : eventText(event);

it('an object of two sources is that of the first; the other takes over when it goes, with no gap', async () => {
  const [first, second] = [objectSource('first'), objectSource('second')];
  const source = mergeSources([first, second]);
  const log = new EventLog();
  second.upsert(web('198.51.100.2'));
  await source.start(log.listener);
  first.upsert(web('198.51.100.1'));
  second.upsert(web('198.51.100.3'));
  first.upsert(web('198.51.100.4'));
  first.delete('Service', 'default', 'web');
  second.delete('Service', 'default', 'web');
  expect(log.events.map(addressOf)).toEqual([
    '198.51.100.2',
    '198.51.100.1',
    'problem: Service default/web is in first and in second: the one in first counts, because it comes first; remove the other',
    '198.51.100.4',
    '198.51.100.3',
    'resolved duplicate Service default/web',
    'delete Service default/web',
  ]);
  await source.close();
});

it('is synced when all are, and says who is waited for', async () => {
  const [first, second, third] = [objectSource('first'), objectSource('second'), objectSource('third')];
  const source = mergeSources([first, second, third]);
  const log = new EventLog();
  await source.start(log.listener);
  first.upsert(web('198.51.100.1'));
  first.synced();
  third.synced();
  expect(source.status()).toMatchObject({
    name: 'first + second + third',
    synced: false,
    waitingFor: ['second'],
    objects: 1,
    parts: [{ name: 'first', synced: true, objects: 1 }, { synced: false }, { synced: true, waitingFor: [] }],
  });
  expect(log.texts).not.toContain('synced');
  second.synced();
  expect(log.texts).toEqual(['upsert Service default/web', 'synced']);
  expect(source.status()).toMatchObject({ synced: true, waitingFor: [] });
  await source.close();
});

it('closes all when one cannot start, and fails as that one does', async () => {
  const first = objectSource('first');
  const source = mergeSources([first, manifestSource('/nowhere/at/all')]);
  const log = new EventLog();
  await expect(source.start(log.listener)).rejects.toMatchObject({ code: 'LBX_MANIFEST_FOLDER' });
  first.upsert(web('198.51.100.1'));
  expect(log.events).toEqual([]);
});

it.each([
  [[], 'needs at least one source'],
  [[objectSource(), objectSource()], 'two of the merged sources are named objects; give them names'],
])('refuses what cannot be merged', (sources, message) => {
  expect(() => mergeSources(sources)).toThrow(message);
});

it('problems of a source have its name in front of their key', async () => {
  const inner = objectSource('inner');
  const source = mergeSources([inner, objectSource('other')]);
  const keys: (string | undefined)[] = [];
  await source.start((event) => {
    if (event.type === 'problem') keys.push(event.key);
    if (event.type === 'upsert') throw new Error('oops');
  });
  inner.upsert(web('198.51.100.1'));
  expect(keys).toEqual([`${source.name}: listener`]);
  await source.close();
});

it('whatever happens in whatever order, what is told is what the first source with an object says', () => {
  const step = fc.record({ source: fc.nat(2), name: fc.constantFrom('a', 'b'), value: fc.option(fc.nat(5)) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (happened) => {
      const merged = new MergedObjects(['0', '1', '2']);
      const sources = [0, 1, 2].map(() => new Map<string, number>());
      const told = new Map<string, unknown>();
      const problems = new Set<string>();
      for (const { source, name, value } of happened) {
        const events =
          value === null
            ? merged.delete(source, { type: 'delete', kind: 'Service', namespace: 'default', name })
            : merged.upsert(source, {
                type: 'upsert',
                kind: 'Service',
                object: service({ value }, { name }),
              });
        if (value === null) sources[source]!.delete(name);
        else sources[source]!.set(name, value);
        for (const event of events) {
          if (event.type === 'upsert')
            told.set(name, (event.object as { spec: { value: number } }).spec.value);
          if (event.type === 'delete') told.delete(name);
          if (event.type === 'problem') problems.add(event.key!);
          if (event.type === 'resolved') problems.delete(event.key);
        }
        for (const each of ['a', 'b']) {
          const having = sources.filter((objects) => objects.has(each));
          expect(told.get(each)).toBe(having[0]?.get(each));
          expect(problems.has(`duplicate Service default/${each}`)).toBe(having.length > 1);
        }
        expect(merged.size).toBe(told.size);
      }
    }),
  );
});

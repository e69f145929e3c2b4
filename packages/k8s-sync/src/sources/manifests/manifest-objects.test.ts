import { expect, it } from 'vitest';
import { ManifestObjects } from './manifest-objects.ts';
import type { ManifestObject } from './parse-manifest.ts';

const service = (address: string): ManifestObject => ({
  kind: 'Service',
  namespace: 'default',
  name: 'web',
  object: { spec: { clusterIP: address } },
  origin: 'x.yaml:1',
});
const [one, two, three] = [service('198.51.100.1'), service('198.51.100.2'), service('198.51.100.3')];

/** What was told after the others, and which files were to be read again. */
function replace(objects: ManifestObjects, file: string, ...given: ManifestObject[]) {
  const { events, reread } = objects.replace(file, given);
  const told: unknown[] = events.flatMap((event): unknown[] =>
    event.type === 'upsert' ? [event.object] : event.type === 'delete' ? [event.name] : [],
  );
  return [told, [...reread]];
}

it('tells an object once, and again when it says something else', () => {
  const objects = new ManifestObjects();
  expect(replace(objects, 'a', one)).toEqual([[one.object], []]);
  expect(replace(objects, 'a', service('198.51.100.1'))).toEqual([[], []]);
  expect(replace(objects, 'a', two)).toEqual([[two.object], []]);
  expect(replace(objects, 'a')).toEqual([['web'], []]);
});

it('has another file read for what it says when its object counts from now on', () => {
  const objects = new ManifestObjects();
  replace(objects, 'a', one);
  expect(replace(objects, 'b', two)).toEqual([[], []]);
  expect(replace(objects, 'a')).toEqual([[], ['b']]);
  expect(replace(objects, 'b', two)).toEqual([[two.object], []]);
  expect(replace(objects, 'b', two)).toEqual([[], []]);
});

it('what was told stays until that file is read, whatever happens meanwhile', () => {
  const back = new ManifestObjects();
  for (const [file, object] of [
    ['a', one],
    ['b', two],
  ] as const)
    replace(back, file, object);
  replace(back, 'a');
  // It comes back as it was before anything else was told.
  expect(replace(back, 'a', one)).toEqual([[], []]);
  replace(back, 'a');
  expect(replace(back, 'b', one)).toEqual([[], []]);
  expect(replace(back, 'b', three)).toEqual([[three.object], []]);

  const gone = new ManifestObjects();
  replace(gone, 'a', one);
  replace(gone, 'b', two);
  replace(gone, 'a');
  expect(replace(gone, 'b')).toEqual([['web'], []]);
});

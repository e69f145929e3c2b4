import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog, eventText } from '../../../test/event-log.ts';
import { endpoint, service, slice } from '../../../test/objects.ts';
import type { ObjectSource, SourceEvent } from '../source-event.ts';
import { manifestSource } from './manifest-source.ts';

let folder: string;
let source: ObjectSource;
let log: EventLog;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), `lbx-manifests-${process.pid}-`));
  log = new EventLog();
  source = manifestSource(folder, { confirmMs: 30 });
});

afterEach(async () => {
  await source.close();
  rmSync(folder, { recursive: true, force: true });
});

const write = (file: string, ...objects: unknown[]): void => {
  const texts = objects.map((object) => (typeof object === 'string' ? object : JSON.stringify(object)));
  writeFileSync(join(folder, file), texts.join('\n---\n'));
};
const named = (name: string, spec = {}) => service(spec, { name });
const is = (text: string) => (event: SourceEvent) => eventText(event) === text;
const problem = (text: string) => (event: SourceEvent) =>
  event.type === 'problem' && event.error.message.includes(text);

describe('start', () => {
  it.each([
    ['is missing', (path: string) => join(path, 'missing'), 'there is no such folder'],
    ['is a file', (path: string) => join(path, 'file'), 'it is no folder'],
  ])('rejects if the folder %s', async (_, place, message) => {
    writeFileSync(join(folder, 'file'), '');
    const bad = manifestSource(place(folder));
    await expect(bad.start(log.listener)).rejects.toMatchObject({
      code: 'LBX_MANIFEST_FOLDER',
      message: expect.stringContaining(message),
    });
    expect(log.events).toEqual([]);
  });

  it('rejects a folder with more files than manifests have; when they come later, what was said stays', async () => {
    mkdirSync(join(folder, 'deep'));
    write('a.json', named('a1'));
    write('deep/b.json', named('b1'));
    const limits = { maxFiles: 1, pollSeconds: 0.01 };
    await expect(manifestSource(folder, limits).start(log.listener)).rejects.toMatchObject({
      code: 'LBX_MANIFEST_FOLDER',
      message: expect.stringContaining('it holds more than 1 .yaml, .yml and .json files'),
    });
    const grows = manifestSource(folder, { ...limits, maxFiles: 2 });
    await grows.start(log.listener);
    write('c.json', named('c1'));
    await expect.poll(() => log.events.some(problem('more than 2'))).toBe(true);
    expect(log.texts.filter((text) => text.startsWith('upsert'))).toHaveLength(2);
    await grows.close();
  });

  it('a file that is too large is a problem; the others are read', async () => {
    const small = manifestSource(folder, { maxFileBytes: 500 });
    write('a.json', named('a1'));
    write('b.json', named('b1', { note: 'x'.repeat(500) }));
    await small.start(log.listener);
    expect(log.events.find(problem('more than 500 are not read'))).toMatchObject({
      error: { code: 'LBX_BAD_MANIFEST' },
    });
    expect(log.texts).toContain('upsert Service default/a1');
    await small.close();
  });

  it('tells everything in the order of the files, then synced', async () => {
    mkdirSync(join(folder, 'deep'));
    write('b.yaml', named('b1'), { kind: 'ConfigMap', apiVersion: 'v1' }, named('b2'));
    write('a.json', { kind: 'List', apiVersion: 'v1', items: [named('a1'), slice([])] });
    write('deep/c.yml', named('c1'), '# nothing');
    write('.b.yaml.swp', named('hidden'));
    write('notes.txt', 'text');
    await source.start(log.listener);
    expect(log.texts).toEqual([
      'upsert Service default/a1',
      'upsert EndpointSlice default/web-1',
      'upsert Service default/b1',
      'upsert Service default/b2',
      'upsert Service default/c1',
      'synced',
    ]);
  });

  it('is refused the second time', async () => {
    await source.start(log.listener);
    await expect(source.start(log.listener)).rejects.toMatchObject({ code: 'LBX_SOURCE_STATE' });
  });
});

describe('changes', () => {
  it('are told one object at a time', async () => {
    write('web.yaml', named('one'), named('two'), named('three'));
    await source.start(log.listener);
    write('web.yaml', named('one'), named('two', { clusterIP: '198.51.100.77' }));
    await log.next(is('delete Service default/three'));
    expect(log.texts.slice(4)).toEqual(['upsert Service default/two', 'delete Service default/three']);
  });

  it('are noticed, not found', async () => {
    write('web.yaml', slice([endpoint('192.0.2.50'), endpoint('192.0.2.51')]));
    const rarely = manifestSource(folder, { pollSeconds: 3600 });
    await rarely.start(log.listener);
    write('web.yaml', slice([endpoint('192.0.2.50')]));
    await log.next(is('synced'));
    await log.next(is('upsert EndpointSlice default/web-1'));
    await rarely.close();
  });

  it('by renaming a new file over the old one', async () => {
    write('web.yaml', named('one'));
    await source.start(log.listener);
    write('.web.new', named('one', { clusterIP: '198.51.100.78' }));
    renameSync(join(folder, '.web.new'), join(folder, 'web.yaml'));
    await log.next(is('synced'));
    await log.next(is('upsert Service default/one'));
    expect(log.events).toHaveLength(3);
  });

  it('by swapping the link of a mounted ConfigMap', async () => {
    for (const [version, name] of [
      ['..v1', 'one'],
      ['..v2', 'two'],
    ] as const) {
      mkdirSync(join(folder, version));
      write(`${version}/web.yaml`, named(name));
    }
    symlinkSync('..v1', join(folder, '..data'));
    symlinkSync('..data/web.yaml', join(folder, 'web.yaml'));
    await source.start(log.listener);
    symlinkSync('..v2', join(folder, '..tmp'));
    renameSync(join(folder, '..tmp'), join(folder, '..data'));
    await log.next(is('delete Service default/one'));
    expect(log.texts).toEqual([
      'upsert Service default/one',
      'synced',
      'upsert Service default/two',
      'delete Service default/one',
    ]);
  });

  it('in folders that are made later, and of files that are removed', async () => {
    await source.start(log.listener);
    mkdirSync(join(folder, 'later'));
    write('later/a.yaml', named('one'));
    await log.next(is('upsert Service default/one'));
    write('later/b.yaml', named('two'));
    await log.next(is('upsert Service default/two'));
    rmSync(join(folder, 'later'), { recursive: true });
    await log.next(is('delete Service default/one'));
    await log.next(is('delete Service default/two'));
  });

  it('of an editor that empties the file before it writes take nothing away in between', async () => {
    write('web.yaml', named('one'));
    await source.start(log.listener);
    write('web.yaml', '');
    write('web.yaml', named('one', { clusterIP: '198.51.100.79' }));
    unlinkSync(join(folder, 'web.yaml'));
    write('web.yaml', named('one', { clusterIP: '198.51.100.80' }));
    await log.next(
      (event) => event.type === 'upsert' && JSON.stringify(event.object).includes('198.51.100.80'),
    );
    expect(log.texts.filter((text) => text.startsWith('delete'))).toEqual([]);
  });

  it('stop after close', async () => {
    await source.start(log.listener);
    await source.close();
    write('web.yaml', named('one'));
    await source.close();
    expect(log.texts).toEqual(['synced']);
  });
});

describe('broken files', () => {
  it('keep their last good state until they are mended', async () => {
    write('web.yaml', named('one'), named('two'));
    write('other.yaml', named('other'));
    await source.start(log.listener);
    write('web.yaml', named('one'), 'kind: Service\n  name: two');
    write('other.yaml', named('other', { clusterIP: '198.51.100.81' }));
    const event = await log.next(problem('web.yaml:3:7'));
    expect(event).toMatchObject({
      type: 'problem',
      error: { code: 'LBX_BAD_MANIFEST', file: 'web.yaml', line: 3, column: 7 },
    });
    write('web.yaml', named('one'), named('two', { clusterIP: '198.51.100.82' }));
    await log.next(is('resolved file web.yaml'));
    expect(log.texts.filter((text) => text.startsWith('delete'))).toEqual([]);
    expect(log.texts).toContain('upsert Service default/other');
  });

  it('at the start hold synced back: what they would say is unknown', async () => {
    write('good.yaml', named('one'));
    write('half.yaml', named('two'), 'kind: Service\nmetadata: {}');
    await source.start(log.listener);
    expect(log.texts).toEqual([
      'upsert Service default/one',
      'upsert Service default/two',
      'problem: half.yaml:3: apiVersion is missing, should be v1',
    ]);
    write('half.yaml', named('two'));
    await log.next(is('synced'));
  });

  it('an object in two files counts in the first, and both are named', async () => {
    write('a.yaml', named('one', { clusterIP: '198.51.100.1' }));
    write('b.yaml', named('one', { clusterIP: '198.51.100.2' }));
    await source.start(log.listener);
    expect(log.texts).toEqual([
      'upsert Service default/one',
      'problem: Service default/one is in a.yaml and in b.yaml: the one in a.yaml counts; remove the other',
      'synced',
    ]);
    unlinkSync(join(folder, 'a.yaml'));
    await log.next(is('resolved duplicate Service default/one'));
    await log.next(
      (event) => event.type === 'upsert' && JSON.stringify(event.object).includes('198.51.100.2'),
    );
    unlinkSync(join(folder, 'b.yaml'));
    await log.next(is('delete Service default/one'));
  });

  it('an object that says the same in both of two files is not told again when one of them goes', async () => {
    write('a.yaml', named('one', { clusterIP: '198.51.100.1' }));
    write('b.yaml', named('one', { clusterIP: '198.51.100.1' }));
    await source.start(log.listener);
    unlinkSync(join(folder, 'a.yaml'));
    await log.next(is('resolved duplicate Service default/one'));
    unlinkSync(join(folder, 'b.yaml'));
    await log.next(is('delete Service default/one'));
    expect(log.texts.filter((text) => text.startsWith('upsert'))).toHaveLength(1);
  });

  it('a folder that goes away keeps its state, and is found again', async () => {
    write('web.yaml', named('one'));
    await source.start(log.listener);
    const away = `${folder}-away`;
    renameSync(folder, away);
    await log.next(problem('there is no such folder'));
    renameSync(away, folder);
    await log.next(is('resolved folder'));
    expect(log.texts.filter((text) => text.startsWith('delete'))).toEqual([]);
  });

  it('a listener that throws gets the error as a problem, and all other events', async () => {
    write('web.yaml', named('one'), named('two'));
    const texts: string[] = [];
    await source.start((event) => {
      texts.push(eventText(event));
      if (eventText(event).endsWith('one')) throw new Error('oops');
    });
    expect(texts).toEqual([
      'upsert Service default/one',
      `problem: The listener of ${source.name} threw: oops`,
      'upsert Service default/two',
      'synced',
    ]);
  });
});

describe('what an accident leaves behind takes nothing away', () => {
  it('a file that is empty, as on a full disk', async () => {
    write('web.yaml', named('one'));
    await source.start(log.listener);
    write('web.yaml', '');
    await expect
      .poll(() => log.events.some(problem('web.yaml: is empty; to take its objects away')))
      .toBe(true);
    write('web.yaml', named('one'), named('two'));
    await log.next(is('upsert Service default/two'));
    write('web.yaml', '# nobody');
    await log.next(is('delete Service default/two'));
    expect(log.texts.filter((text) => text.startsWith('delete'))).toHaveLength(2);
  });

  it('an empty folder in the place of the one that was read', async () => {
    write('web.yaml', named('one'));
    await source.start(log.listener);
    const away = `${folder}-away`;
    renameSync(folder, away);
    mkdirSync(folder);
    try {
      await expect.poll(() => log.events.some(problem('is another one than before, and empty'))).toBe(true);
      expect(source.status().objects).toBe(1);
      write('other.yaml', named('two'));
      await log.next(is('delete Service default/one'));
      expect(log.texts).toContain('upsert Service default/two');
    } finally {
      rmSync(away, { recursive: true });
    }
  });

  it('files that are removed one by one are meant', async () => {
    write('web.yaml', named('one'));
    await source.start(log.listener);
    unlinkSync(join(folder, 'web.yaml'));
    await log.next(is('delete Service default/one'));
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from '../../../test/event-log.ts';
import { service, slice } from '../../../test/objects.ts';
import { namedService, watchedCluster } from '../../../test/watched-cluster.ts';
import { objectSource } from '../object-source.ts';
import { recordSource } from './record-source.ts';
import { replaySource } from './replay-source.ts';

let folder: string;
let file: string;
let log: EventLog;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), `lbx-recording-${process.pid}-`));
  file = join(folder, 'recording.jsonl');
  log = new EventLog();
});

afterEach(() => rmSync(folder, { recursive: true }));

const header = '{"recording":"lbx source","version":1,"source":"x","startedAt":"2030-01-01T00:00:00.000Z"}\n';
const line = (ms: number, name: string) =>
  `${JSON.stringify({ ms, type: 'upsert', kind: 'Service', object: service({}, { name }), origin: 'web.yaml:1' })}\n`;

async function replayed(options = {}): Promise<string[]> {
  const source = replaySource(file, options);
  await source.start(log.listener);
  await source.done;
  await source.close();
  return log.texts;
}

it('what an API server did is told again: objects, problems, their end, synced', async () => {
  await using cluster = await watchedCluster();
  const { api, source } = cluster;
  const recording = recordSource(source, file);
  api.put(namedService('one'), slice([]));
  api.fault({ kind: 'Service', status: 503 });
  await recording.start(log.listener);
  await log.next('synced');
  api.delete('Service', 'default', 'one');
  await log.next('delete Service default/one');
  expect(recording.status()).toMatchObject({ name: source.name, synced: true, objects: 1 });
  await recording.close();
  const live = log;
  log = new EventLog();
  expect(await replayed()).toEqual(live.texts);
  const problem = log.events.find((event) => event.type === 'problem');
  expect(problem).toMatchObject({
    key: `${api.url}: Service`,
    error: { name: 'ApiServerError', code: 'LBX_API_SERVER' },
  });
  expect(log.events.filter((event) => event.type === 'upsert')).toEqual(
    JSON.parse(JSON.stringify(live.events.filter((event) => event.type === 'upsert'))),
  );
});

it('keeps the times, and can tell at any speed', async () => {
  writeFileSync(file, header + line(0, 'a') + line(200, 'b') + line(400, 'c'));
  const begin = performance.now();
  await replayed({ speed: 2 });
  expect(performance.now() - begin).toBeGreaterThanOrEqual(199);
  expect(log.events[0]).toMatchObject({ origin: 'web.yaml:1' });
  // A day of it would be waited for in vain.
  writeFileSync(file, header + line(0, 'd') + line(24 * 3_600_000, 'e'));
  expect((await replayed()).slice(3)).toEqual(['upsert Service default/d', 'upsert Service default/e']);
});

it('records when things happened', async () => {
  const source = objectSource();
  const recording = recordSource(source, file);
  await recording.start(log.listener);
  source.upsert(service({}, { name: 'a' }));
  await delay(50);
  source.upsert(service({}, { name: 'b' }));
  await recording.close();
  const [first, ...events] = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  expect(first).toMatchObject({ recording: 'lbx source', version: 1, source: 'objects' });
  expect(events[1].ms - events[0].ms).toBeGreaterThanOrEqual(45);
});

it('a stream may be given instead of a file, and is not ended', async () => {
  const out = new PassThrough();
  const source = objectSource();
  const recording = recordSource(source, out);
  await recording.start(log.listener);
  source.synced();
  await recording.close();
  expect(out.writableEnded).toBe(false);
  expect(out.read().toString().trim().split('\n')).toHaveLength(2);
});

it('a disk that is slow holds the source back; one that is full ends the recording, not the source', async () => {
  await using cluster = await watchedCluster();
  const { api } = cluster;
  let write: ((error?: Error) => void) | undefined;
  const out = new Writable({
    highWaterMark: 1000,
    write(_chunk, _encoding, done) {
      write = done;
    },
  });
  const recording = recordSource(cluster.source, out);
  api.put(...Array.from({ length: 3000 }, (_, i) => namedService(`s${i}`)));
  await recording.start(log.listener);
  await expect.poll(() => cluster.source.status().pending).toBeGreaterThan(900);
  const { length } = log.events;
  await delay(100);
  expect(log.events).toHaveLength(length);
  expect(length).toBeLessThan(2000);
  write!(new Error('ENOSPC: no space left'));
  await log.next('synced');
  expect(log.texts.find((text) => text.startsWith('problem'))).toBe(
    `problem: Recording of ${api.url}: cannot be written any further: ENOSPC: no space left`,
  );
  expect(recording.status().objects).toBe(3000);
  await recording.close();
});

it('an object that cannot be written ends the recording, not the source', async () => {
  const source = objectSource();
  const recording = recordSource(source, file);
  await recording.start(log.listener);
  const round: Record<string, unknown> = {};
  round.self = round;
  source.upsert(service({ round }));
  source.synced();
  expect(log.texts).toEqual([
    expect.stringContaining('cannot be written any further: Converting circular structure'),
    'upsert Service default/web',
    'synced',
  ]);
  await recording.close();
});

describe('a recording that is broken', () => {
  it.each([
    ['no event', '{"ms":1,"type":"upsert","kind":"Gadget","object":{}}\n', 'line 3: no event'],
    ['no JSON', 'oops\n', 'line 3: Unexpected token'],
    ['no object', '7\n', 'line 3: no object'],
    ['no time', '{"type":"synced"}\n', 'line 3: no event'],
  ])('in a line (%s) is told up to there, and never synced', async (_, bad, message) => {
    writeFileSync(file, `${header}${line(0, 'a')}${bad}${line(1, 'b')}{"ms":2,"type":"synced"}\n`);
    const texts = await replayed();
    expect(texts).toEqual(['upsert Service default/a', expect.stringContaining(message)]);
    expect(log.events[1]).toMatchObject({ error: { code: 'LBX_RECORDING', line: 3 } });
  });

  it('because its end was cut off (the recorder was killed) is told as far as it goes', async () => {
    writeFileSync(file, header + line(0, 'a') + line(1, 'b').slice(0, 40));
    expect(await replayed()).toEqual(['upsert Service default/a']);
  });

  it.each([
    ['missing', undefined, 'ENOENT'],
    ['empty', '', 'is empty'],
    ['something else', '{"kind":"List"}\n', 'is no recording'],
    ['of another version', header.replace('"version":1', '"version":2'), 'has version 2'],
  ])('%s: start() rejects', async (_, text, message) => {
    if (text !== undefined) writeFileSync(file, text);
    const source = replaySource(file);
    await expect(source.start(log.listener)).rejects.toMatchObject({
      code: 'LBX_RECORDING',
      message: expect.stringContaining(message),
    });
    await source.close();
  });
});

it('cannot be written where there is no folder, or be replayed at no speed', async () => {
  const nowhere = join(folder, 'none', 'recording.jsonl');
  await expect(recordSource(objectSource(), nowhere).start(log.listener)).rejects.toMatchObject({
    code: 'LBX_RECORDING',
    message: expect.stringContaining('cannot be written: ENOENT'),
  });
  expect(() => replaySource(file, { speed: 0 })).toThrow(RangeError);
});

it('a slow listener is waited for when a recording is replayed', async () => {
  const events = Array.from({ length: 10_000 }, (_, i) => line(i, `s${i % 100}`));
  writeFileSync(file, `${header}${events.join('')}{"ms":10000,"type":"synced"}\n`);
  const source = replaySource(file);
  let pending = 0;
  await source.start(async (event) => {
    log.listener(event);
    await new Promise(setImmediate);
    pending = Math.max(pending, source.status().pending);
  });
  await log.next('synced');
  expect(pending).toBeLessThanOrEqual(1001);
  expect(source.status()).toMatchObject({ synced: true, objects: 100 });
  await source.close();
});

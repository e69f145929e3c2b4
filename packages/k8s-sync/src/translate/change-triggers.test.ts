import { expect, it } from 'vitest';
import { endpoint, service, slice } from '../../test/objects.ts';
import { deletion, translatorWith, upsert } from '../../test/translating.ts';

const startedAt = Date.parse('2026-01-01T00:00:10Z');
const at = (seconds: string) => `2026-01-01T00:00:${seconds}Z`;
const changed = (addresses: string[], trigger: string | undefined, name = 'web-1', serviceName = 'web') =>
  slice(
    addresses.map((address) => endpoint(address)),
    {
      name,
      labels: { 'kubernetes.io/service-name': serviceName },
      ...(trigger === undefined
        ? {}
        : { annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': trigger } }),
    },
  );
const start = () =>
  translatorWith(
    { startedAt },
    service(),
    service({ clusterIP: '198.51.100.11' }, { name: 'other' }),
    changed(['192.0.2.1'], at('09')),
  );
const take = (translator: ReturnType<typeof start>) => {
  translator.translateChanges();
  return [...translator.changeTriggers()].map(([key, time]) => [key, time - startedAt]);
};

it('tells the oldest trigger of each changed Service, once', () => {
  const translator = start();
  expect(take(translator)).toEqual([]);
  translator.apply(upsert(changed(['192.0.2.1', '192.0.2.2'], at('12.5'))));
  translator.apply(upsert(changed(['192.0.2.3'], at('11.000000123'), 'web-2')));
  translator.apply(upsert(changed(['192.0.2.4'], at('13'), 'other-1', 'other')));
  expect(take(translator)).toEqual([
    ['default/other', 3000],
    ['default/web', 1000],
  ]);
  expect(take(translator)).toEqual([]);
});

it('does not count what was triggered before the start, what went, and what is no time', () => {
  const translator = start();
  take(translator);
  translator.apply(upsert(changed(['192.0.2.2'], at('10'))));
  expect(take(translator)).toEqual([]);
  translator.apply(upsert(changed(['192.0.2.3'], 'yesterday')));
  expect(take(translator)).toEqual([]);
  translator.apply(upsert(changed(['192.0.2.4'], undefined)));
  expect(take(translator)).toEqual([]);
  translator.apply(deletion(changed([], at('30'))));
  expect(take(translator)).toEqual([]);
});

it('forgets triggers that changed no frontend', () => {
  const translator = start();
  take(translator);
  translator.apply(upsert(changed(['192.0.2.1'], at('20'))));
  translator.apply(upsert(changed(['192.0.2.9'], at('20'), 'none-1', 'none')));
  expect(take(translator)).toEqual([]);
  translator.apply(upsert(changed(['192.0.2.2'], at('25'))));
  expect(take(translator)).toEqual([['default/web', 15_000]]);
});

it('measures from its own making if not told otherwise', () => {
  const translator = translatorWith(
    {},
    service(),
    changed(['192.0.2.1'], new Date(Date.now() - 1).toISOString()),
  );
  translator.translate();
  expect(translator.changeTriggers().size).toBe(0);
  const later = Date.now() + 1000;
  translator.apply(upsert(changed(['192.0.2.2'], new Date(later).toISOString())));
  translator.translate();
  expect([...translator.changeTriggers()]).toEqual([['default/web', later]]);
});

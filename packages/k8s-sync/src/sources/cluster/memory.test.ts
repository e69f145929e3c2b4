import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { FakeApiServer } from '@lbx/testing';
import { expect, it } from 'vitest';
import { namedService, watchedCluster } from '../../../test/watched-cluster.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const kinds = ['Service', 'EndpointSlice'] as const;
const rounds = 400;
/** A listener that is left on a signal, or an answer that nobody lets go, costs kilobytes each time. */
const mostBytesEach = 400;

/** Ends every open watch in one of the ways in which watches end, and waits until there are new ones. */
async function again(api: FakeApiServer, round: number): Promise<void> {
  for (const kind of kinds) {
    const watch = await api.watch(kind);
    if (round % 3 === 0) watch.cut();
    else if (round % 3 === 1) watch.end();
    else watch.fail(410, 'Expired', 'too old');
  }
  for (const kind of kinds) await api.watch(kind);
  // What the fake server keeps for tests is not what is measured.
  (api.requests as unknown[]).length = 0;
}

/** Bytes on the heap that are in use, when all is collected that can be. */
async function heap(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise(setImmediate);
    collect();
  }
  return process.memoryUsage().heapUsed;
}

it('watches that end and lists that are told anew leave nothing behind', async () => {
  await using cluster = await watchedCluster({ backoff: { baseMs: 0.1, maxMs: 0.1, resetMs: 1000 } });
  const { api, source } = cluster;
  for (let i = 0; i < 20; i++) api.put(namedService(`s${i}`));
  // A log of events would grow.
  await source.start(() => {});
  const run = async () => {
    for (let round = 0; round < rounds; round++) await again(api, round);
    return heap();
  };
  // Code is compiled and pools are filled at first.
  const before = await run();
  const after = await run();
  const { reconnects, relists } = cluster.part('Service');
  expect(reconnects).toBeGreaterThanOrEqual(2 * rounds - 1);
  expect(relists).toBeGreaterThan(rounds / 2);
  expect((after - before) / (rounds * kinds.length), 'bytes kept for each watch').toBeLessThan(mostBytesEach);
});

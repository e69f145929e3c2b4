// The bucket table of flows against a model, one operation after the other, and how its hash spreads keys.
import { flowPlace } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  disorder,
  EXISTS,
  FLAG_CONFIRMED,
  type FlowTable,
  found,
  keyText,
  openFlowTable,
  operate,
  type Place,
  places,
  WAYS,
} from './flow-table.ts';

/** Jiffies that TCP flows live by default at 250 Hz: the handshake, and after it. */
const NEW = 60 * 250;
const OPEN = 8000 * 250;
const START = 0xffff_f000;

describeKernel('flow table', () => {
  for (const family of [4, 6] as const) {
    it(`does what a model does, IPv${family}`, () => {
      using stack = new DisposableStack();
      const tables = new Map(
        [1, 2, 3, 5].map((buckets) => [buckets, stack.use(openFlowTable({ family, buckets }))]),
      );
      const displaced: Displaced = { expired: 0, unconfirmed: 0, confirmed: 0 };
      const operation = fc.record({
        what: fc.constantFrom(
          'insert',
          'insert',
          'insert',
          'insert',
          'replace',
          'remove',
          'find',
          'touch',
          'sweep',
        ),
        key: fc.nat(47),
        isConfirmed: fc.boolean(),
        ticks: fc.oneof(
          { weight: 20, arbitrary: fc.nat(100) },
          { weight: 2, arbitrary: fc.nat(NEW) },
          { weight: 1, arbitrary: fc.constant(OPEN) },
        ),
      });
      fc.assert(
        fc.property(
          fc.constantFrom(1, 2, 3, 5),
          fc.array(operation, { maxLength: 150, size: 'max' }),
          (buckets, operations) => {
            const table = tables.get(buckets)!;
            table.memory.fill(0);
            const model = createModel(table, displaced);
            for (const { what, key, isConfirmed, ticks } of operations) model[what](key, isConfirmed, ticks);
            expect(disorder(table)).toEqual([]);
          },
        ),
        { numRuns: 100 },
      );
      for (const [kind, count] of Object.entries(displaced)) expect(count, kind).toBeGreaterThan(10);
    });
  }
});

/** Runs of 65,536 keys that somebody chose who does not know the secret; `table_pattern_key()` says which. */
const PATTERNS = 10;
const KEYS = 65_536;
const BUCKETS = 8192;
const SECRETS = 4;
/** Standard deviations from what a random function gives; one run in 10^9 is further off. */
const FAR = 6;

describeKernel('hash of the flow table', () => {
  for (const family of [4, 6] as const) {
    it(`spreads keys that are chosen to meet like random ones, IPv${family}`, () => {
      const worst = { sigmas: -Infinity, overflow: 0 };
      for (let i = 0; i < SECRETS; i++) {
        using table = openFlowTable({ family, buckets: BUCKETS });
        const counted = table.object.map('table_spread_of').mmap();
        for (let pattern = 0; pattern < PATTERNS; pattern++) {
          counted.fill(0);
          table.object.variable('table_pattern').set(pattern);
          table.object.variable('table_next').set(0);
          table.object.program('table_spread').testRun({ data: new Uint8Array(64), repeat: KEYS });
          const counts = new Uint32Array(counted.buffer, counted.byteOffset, 2 * BUCKETS);
          for (const choice of [0, 1]) {
            const chosen = counts.filter((_, index) => index % 2 === choice);
            expect(chosen.reduce((sum, count) => sum + count, 0)).toBe(KEYS);
            const { sigmas, overflow } = unevenness(chosen);
            expect(
              sigmas,
              `pattern ${pattern}, choice ${choice}, secret ${table.secret.join()}`,
            ).toBeLessThan(FAR);
            worst.sigmas = Math.max(worst.sigmas, sigmas);
            worst.overflow = Math.max(worst.overflow, overflow);
          }
        }
      }
      // A mean of eight a bucket: of random keys 14.0 % find eight before them.
      expect(worst.overflow).toBeLessThan(0.15);
    });
  }

  it('would notice a hash that is not keyed', () => {
    using table = openFlowTable({ buckets: BUCKETS, secret: [0n, 0n, 0n, 0n, 0n, 0n, 0n] });
    const counted = table.object.map('table_spread_of').mmap();
    table.object.variable('table_pattern').set(0);
    table.object.program('table_spread').testRun({ data: new Uint8Array(64), repeat: KEYS });
    const counts = new Uint32Array(counted.buffer, counted.byteOffset, 2 * BUCKETS);
    expect(unevenness(counts.filter((_, index) => index % 2 === 0)).sigmas).toBeGreaterThan(FAR);
  });
});

/** Chi-squared against equal shares, in standard deviations; and the share beyond eight in their bucket. */
function unevenness(counts: Uint32Array): { readonly sigmas: number; readonly overflow: number } {
  const mean = KEYS / BUCKETS;
  let chi = 0;
  let beyond = 0;
  for (const count of counts) {
    chi += (count - mean) ** 2 / mean;
    beyond += Math.max(0, count - WAYS);
  }
  return { sigmas: (chi - BUCKETS) / Math.sqrt(2 * BUCKETS), overflow: beyond / KEYS };
}

type Step = (key: number, isConfirmed: boolean, ticks: number) => void;

/** Does each step to the table, and checks what it did against what was there before. */
function createModel(
  table: FlowTable,
  displaced: Displaced,
): Record<'insert' | 'replace' | 'remove' | 'find' | 'touch' | 'sweep', Step> {
  let now = START;
  let version = 0;
  const known = new Map<string, Uint8Array>();
  const { shape } = table;

  const keyOf = (n: number) => {
    const key = new Uint8Array(shape.size - shape.keyAt);
    new DataView(key.buffer).setUint32(0, 0xcb007100 + n);
    new DataView(key.buffer).setUint16(key.length - 8, 1024 + n);
    key[key.length - 4] = 6;
    return key;
  };
  const flowOf = (n: number, isConfirmed: boolean) => {
    const flow = new Uint8Array(shape.size);
    const view = new DataView(flow.buffer);
    view.setUint32(0, ++version, true);
    view.setUint32(shape.backendAt, n, true);
    view.setUint32(shape.lastSeenAt, now, true);
    flow[shape.flagsAt] = isConfirmed ? FLAG_CONFIRMED : 0;
    flow.set(keyOf(n), shape.keyAt);
    return flow;
  };

  const put = (operation: 'insert' | 'replace'): Step => {
    return (n, isConfirmed, ticks) => {
      now = (now + ticks) >>> 0;
      const before = [...places(table)];
      const flow = flowOf(n, isConfirmed);
      const key = keyText(keyOf(n));
      const { result } = operate(table, operation, flow, now);
      const after = new Map([...places(table)].map((place) => [place.key, place]));
      const lost = before.filter((place) => !after.has(place.key));
      if (known.has(key)) {
        expect(result).toBe(operation === 'insert' ? EXISTS : 0);
        expect(lost).toEqual([]);
        if (operation === 'replace') known.set(key, flow);
      } else {
        expect(lost.length).toBeLessThanOrEqual(1);
        const choice = choices(table, before, keyOf(n), now);
        if (lost.length === 0) expect(choice.isFree).toBe(true);
        else expect(choice.victims.map((victim) => victim.key)).toContain(lost[0]!.key);
        expect(result).toBe(choice.isFree || choice.isExpired ? 0 : 1);
        for (const victim of lost) {
          known.delete(victim.key);
          displaced[
            choice.isExpired ? 'expired' : isConfirmedEntry(table, victim) ? 'confirmed' : 'unconfirmed'
          ]++;
        }
        known.set(key, flow);
      }
      expect([...after.keys()].sort()).toEqual([...known.keys()].sort());
    };
  };

  return {
    insert: put('insert'),
    replace: put('replace'),
    remove(n) {
      expect(operate(table, 'remove', flowOf(n, false)).result).toBe(known.delete(keyText(keyOf(n))) ? 1 : 0);
      expect([...places(table)].length).toBe(known.size);
    },
    sweep(n, _isConfirmed, ticks) {
      now = (now + ticks) >>> 0;
      const over = [...places(table)].filter((place) => rankOf(table, place, now) === EXPIRED);
      // Not every time, so that flows that are over are there to be displaced.
      if (n % 4 > 0) return;
      expect(operate(table, 'sweep', flowOf(n, false), now).result).toBe(over.length);
      for (const { key } of over) known.delete(key);
      expect([...places(table)].map(({ key }) => key).sort()).toEqual([...known.keys()].sort());
    },
    find(n) {
      const expected = known.get(keyText(keyOf(n)));
      const { result, flow } = operate(table, 'find', flowOf(n, false));
      expect(result).toBe(expected === undefined ? found.miss : found.hit);
      if (expected !== undefined) {
        expect(keyText(flow)).toBe(keyText(expected));
      }
    },
    touch(n, isConfirmed, ticks) {
      now = (now + ticks) >>> 0;
      const key = keyText(keyOf(n));
      const expected = known.get(key);
      const flow = flowOf(n, isConfirmed);
      expect(operate(table, 'touch', flow).result).toBe(expected === undefined ? found.miss : found.hit);
      if (expected === undefined) return;
      expected[shape.flagsAt] = flow[shape.flagsAt]!;
      expected.set(flow.subarray(shape.lastSeenAt, shape.lastSeenAt + 4), shape.lastSeenAt);
    },
  };
}

/** How many flows of each kind lost their place. */
type Displaced = Record<'expired' | 'unconfirmed' | 'confirmed', number>;

interface Choices {
  readonly isFree: boolean;
  readonly isExpired: boolean;
  /** Flows that may be displaced. */
  readonly victims: readonly Place[];
}

/** Where a new flow may go, by the rules at the top of flow_table.h. */
function choices(table: FlowTable, before: readonly Place[], key: Uint8Array, now: number): Choices {
  const { first, second, tag } = flowPlace(key, table.secret, table.buckets);
  const [home, other] = [first, second].map((bucket) => best(table, before, bucket, tag, now)) as [
    Best,
    Best,
  ];
  const chosen = home.rank >= EXPIRED || first === second || home.rank >= other.rank ? home : other;
  return {
    isFree: chosen.rank === FREE,
    isExpired: chosen.rank === EXPIRED,
    victims: chosen.victims,
  };
}

interface Best {
  readonly rank: number;
  readonly victims: readonly Place[];
}

const FREE = 3 * 2 ** 32;
const EXPIRED = 2 * 2 ** 32;
const UNCONFIRMED = 2 ** 32;

function best(table: FlowTable, before: readonly Place[], bucket: number, tag: number, now: number): Best {
  const tagOf = (place: Place) =>
    flowPlace(place.entry.subarray(table.shape.keyAt), table.secret, table.buckets).tag;
  const here = before.filter((place) => place.bucket === bucket);
  const same = here.filter((place) => tagOf(place) === tag);
  if (same.length === 0 && here.length < WAYS) return { rank: FREE, victims: [] };
  const ranked = (same.length > 0 ? same : here).map((place) => ({ place, rank: rankOf(table, place, now) }));
  const rank = Math.max(...ranked.map((each) => each.rank));
  return { rank, victims: ranked.filter((each) => each.rank === rank).map((each) => each.place) };
}

function isConfirmedEntry({ shape }: FlowTable, { entry }: Place): boolean {
  return (entry[shape.flagsAt]! & FLAG_CONFIRMED) !== 0;
}

function rankOf(table: FlowTable, place: Place, now: number): number {
  const { entry } = place;
  const lastSeen = new DataView(entry.buffer, entry.byteOffset).getUint32(table.shape.lastSeenAt, true);
  const isConfirmed = isConfirmedEntry(table, place);
  const age = (now - lastSeen) >>> 0;
  if (age > (isConfirmed ? OPEN : NEW)) return EXPIRED;
  return isConfirmed ? age : UNCONFIRMED + age;
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdSpace, IdsExhaustedError } from '../../src/ids/id-space.ts';
import { checkProperty, runsOf, timeFor } from './run-histories.ts';

const MAX = 6;
const QUARANTINE = 10;

const name = fc.nat({ max: 9 }).map((n) => `n${n}`);
const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('take' as const), name }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('release' as const), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('use' as const), name }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 4, 5, 9, 10, 11) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('retain' as const),
      names: fc.uniqueArray(name, { maxLength: 4 }),
    }),
  },
);
const found = fc.array(fc.tuple(fc.option(name), fc.nat({ max: MAX + 1 })), { maxLength: 5 });

/** What must hold of every id space, in words that the space itself does not use. */
class Model {
  readonly inUse = new Map<string, number>();
  /** Freed ids: whose they were, and since when they are free. */
  readonly freed = new Map<number, { readonly name: string; readonly at: number }>();
  now = 0;
  readonly reuse: boolean;

  constructor(reuse: boolean) {
    this.reuse = reuse;
  }

  quarantined(id: number): boolean {
    const freed = this.freed.get(id);
    return freed !== undefined && this.now - freed.at < QUARANTINE;
  }

  /** The one in quarantine that may be ended: none is free, and none of another name was freed before it. */
  mayReuse(id: number): boolean {
    const { name, at } = this.freed.get(id)!;
    if (!this.reuse || name === '' || this.free() !== undefined) return false;
    return ![...this.freed].some(
      ([one, other]) => this.quarantined(one) && other.name !== '' && other.at < at,
    );
  }

  canReuse(): boolean {
    return this.reuse && [...this.freed].some(([id, { name }]) => name !== '' && this.quarantined(id));
  }

  free(): number | undefined {
    for (let id = 1; id <= MAX; id++) if (!this.isTaken(id) && !this.quarantined(id)) return id;
    return undefined;
  }

  isTaken(id: number): boolean {
    return [...this.inUse.values()].includes(id);
  }

  take(name: string, id: number): string | undefined {
    const before = this.inUse.get(name);
    if (before !== undefined) return before === id ? undefined : `${name} had id ${before}, has ${id}`;
    if (id < 1 || id > MAX) return `id ${id} is outside of 1..${MAX}`;
    if (this.isTaken(id)) return `id ${id} is another name's`;
    if (this.quarantined(id) && this.freed.get(id)!.name !== name && !this.mayReuse(id))
      return `id ${id} is in quarantine`;
    const own = [...this.freed].find(([one, freed]) => freed.name === name && this.quarantined(one));
    if (own !== undefined && own[0] !== id) return `${name} did not get its id ${own[0]} back, but ${id}`;
    this.freed.delete(id);
    this.inUse.set(name, id);
    return undefined;
  }

  exhausted(name: string): string | undefined {
    if (this.inUse.has(name)) return `${name} has an id`;
    const free = this.free();
    if (free !== undefined) return `id ${free} was free, but none was given`;
    if (this.canReuse()) return 'none was used again';
    return undefined;
  }

  release(name: string): void {
    const id = this.inUse.get(name);
    if (id === undefined) return;
    this.inUse.delete(name);
    this.freed.set(id, { name, at: this.now });
  }
}

describe('IdSpace, against a model', () => {
  it.each([false, true])(
    'never gives an id twice, too early or out of range, and always where one is free (reuse %s)',
    (reuse) => {
      const tally = { commands: 0, given: 0, exhausted: 0, wrapped: 0 };
      checkProperty(
        3000,
        fc.tuple(found, fc.array(command, { minLength: 8, maxLength: 40, size: 'max' })),
        ([restored, commands]) => {
          const model = new Model(reuse);
          const ids = new IdSpace({
            label: 'frontend',
            knob: 'maxFrontendId',
            max: MAX,
            quarantineSeconds: QUARANTINE,
            reuse,
            now: () => model.now * 1000,
          });
          const holds = new Map<string, ReturnType<IdSpace['take']>>();
          for (const [name, id] of restored) {
            if (name === null) {
              ids.reserve(id);
              if (id >= 1 && id <= MAX && !model.isTaken(id) && !model.freed.has(id))
                model.freed.set(id, { name: '', at: 0 });
            } else if (ids.restore(name, id)) {
              if (model.inUse.has(name) || model.isTaken(id) || model.freed.has(id) || id < 1 || id > MAX)
                throw new Error(`${name} was restored to ${id}`);
              model.inUse.set(name, id);
            }
          }
          let last = 0;
          for (const one of commands) {
            tally.commands++;
            switch (one.do) {
              case 'wait':
                model.now += one.seconds;
                break;
              case 'release':
                ids.release(one.name);
                model.release(one.name);
                break;
              case 'retain':
                ids.retain(new Set(one.names));
                for (const name of [...model.inUse.keys()])
                  if (!one.names.includes(name)) model.release(name);
                break;
              case 'use': {
                const hold = holds.get(one.name);
                if (hold === undefined || !ids.use(hold)) break;
                const wrong = model.take(one.name, hold.id);
                if (wrong !== undefined) throw new Error(`use ${one.name}: ${wrong}`);
                break;
              }
              case 'take':
                try {
                  const hold = ids.take(one.name);
                  const wrong = model.take(one.name, hold.id);
                  if (wrong !== undefined) throw new Error(`take ${one.name}: ${wrong}`);
                  holds.set(one.name, hold);
                  tally.given++;
                  if (hold.id < last) tally.wrapped++;
                  last = hold.id;
                } catch (error) {
                  if (!(error instanceof IdsExhaustedError)) throw error;
                  const wrong = model.exhausted(one.name);
                  if (wrong !== undefined) throw new Error(`take ${one.name}: ${wrong}`);
                  tally.exhausted++;
                }
            }
            const have = JSON.stringify([...ids.entries()].sort());
            if (have !== JSON.stringify([...model.inUse].sort()))
              throw new Error(`in use: ${have}, not ${JSON.stringify([...model.inUse])}`);
            const { freeIn } = ids;
            if ((freeIn === 0) !== (model.free() !== undefined || model.canReuse()))
              throw new Error(`an id is to be had in ${freeIn} ms`);
            if (ids.size !== model.inUse.size)
              throw new Error(`size ${ids.size}, in use ${model.inUse.size}`);
            for (const [name, id] of model.inUse)
              if (ids.find(name) !== id || ids.nameOf(id) !== name)
                throw new Error(`${name} and ${id} do not find each other`);
          }
        },
      );
      expect(tally.given).toBeGreaterThan(3 * runsOf(3000));
      expect(tally.exhausted).toBeGreaterThan(runsOf(3000) / (reuse ? 1000 : 20));
      expect(tally.wrapped).toBeGreaterThan(runsOf(3000) / 20);
    },
    timeFor(300),
  );

  it('remembers no name for longer than its quarantine', () => {
    let now = 0;
    const ids = new IdSpace({
      label: 'backend',
      knob: 'maxBackendId',
      max: 0xffff_ffff,
      quarantineSeconds: QUARANTINE,
      now: () => now,
    });
    const holds = Array.from({ length: 1000 }, (_, i) => {
      now += 1000;
      const hold = ids.take(`pod ${i}`);
      ids.release(`pod ${i}`);
      return hold;
    });
    const isForgotten = (i: number) => !ids.use(holds[i]!);
    expect(isForgotten(0)).toBe(true);
    expect(isForgotten(980)).toBe(true);
    expect(isForgotten(995)).toBe(false);
  });
});

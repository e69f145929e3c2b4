import { describe, expect, it } from 'vitest';
import { IdSpace } from './id-space.ts';

function space(max = 5, quarantineSeconds = 10, reuse = false) {
  const clock = { seconds: 0 };
  const ids = new IdSpace({
    label: 'frontend',
    knob: 'maxFrontendId',
    max,
    quarantineSeconds,
    reuse,
    now: () => clock.seconds * 1000,
  });
  return { clock, ids, take: (name: string) => ids.take(name).id };
}

describe('IdSpace', () => {
  it('counts up from 1 and keeps ids of names', () => {
    const { take, ids } = space();
    expect([take('a'), take('b'), take('a')]).toEqual([1, 2, 1]);
    expect([...ids.entries()]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(ids.find('c')).toBeUndefined();
    expect(ids.nameOf(2)).toBe('b');
  });

  it('keeps a freed id from other names until its quarantine is over', () => {
    const { take, ids, clock } = space(3);
    const [, b] = ['a', 'b', 'c'].map((name) => ids.take(name));
    ids.release('b');
    expect(ids.size).toBe(2);
    clock.seconds = 9.999;
    expect(() => take('d')).toThrow(
      expect.objectContaining({
        code: 'LBX_IDS_EXHAUSTED',
        space: 'frontend',
        max: 3,
        used: 2,
        quarantined: 1,
      }),
    );
    clock.seconds = 10;
    expect(take('d')).toBe(2);
    expect(ids.use(b!)).toBe(false);
  });

  it('uses ids again before their time if need be, the one first that was freed first', () => {
    const { take, ids, clock } = space(4, 10, true);
    const [a] = ['a', 'b', 'c'].map((name) => ids.take(name));
    ids.reserve(4);
    expect(ids.freeIn).toBe(10_000); // what entries may have waits
    for (const name of ['b', 'a', 'c']) {
      clock.seconds++;
      ids.release(name);
    }
    expect(ids.freeIn).toBe(0);
    expect([take('d'), take('e')]).toEqual([2, 1]);
    expect(ids.use(a!)).toBe(false);
    expect([take('c'), take('d'), take('e')]).toEqual([3, 2, 1]);
    expect(() => take('f')).toThrow(expect.objectContaining({ code: 'LBX_IDS_EXHAUSTED', used: 3 }));
    clock.seconds = 10;
    expect(take('f')).toBe(4);
    expect(ids.freeIn).toBeUndefined();
  });

  it('gives a name its own id back during the quarantine', () => {
    const { take, ids, clock } = space(3);
    take('a');
    take('b');
    ids.release('a');
    ids.release('a');
    clock.seconds = 5;
    expect(take('a')).toBe(1);
    clock.seconds = 20;
    take('c');
    expect(() => take('d')).toThrow(
      'no frontend id is left: 3 of 3 are in use; lower the number of frontends',
    );
    expect(ids.find('a')).toBe(1);
  });

  it('restores what the maps hold and counts on above it', () => {
    const { take, ids } = space(100);
    expect(ids.restore('x', 7)).toBe(true);
    expect(ids.restore('y', 7)).toBe(false);
    expect(ids.restore('x', 8)).toBe(false);
    expect(ids.restore('z', 101)).toBe(false);
    ids.reserve(9);
    expect([take('y'), take('x')]).toEqual([10, 7]);
  });

  it('releases all but the names that are retained', () => {
    const { take, ids } = space();
    take('a');
    take('b');
    take('c');
    ids.retain(new Set(['a', 'c', 'd']));
    expect([...ids.entries()].map(([name]) => name)).toEqual(['a', 'c']);
  });

  it('wraps, and never hands out an id twice', () => {
    const { take, ids, clock } = space(4, 1);
    const held = new Map<string, number>();
    for (let i = 0; i < 200; i++) {
      const name = `n${i}`;
      if (held.size === 3) {
        const oldest = held.keys().next().value!;
        ids.release(oldest);
        held.delete(oldest);
      }
      clock.seconds += 1;
      const id = take(name);
      expect(id).toBeGreaterThanOrEqual(1);
      expect(id).toBeLessThanOrEqual(4);
      expect([...held.values()]).not.toContain(id);
      held.set(name, id);
    }
  });
});

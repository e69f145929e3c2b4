import type { Projection } from '@lbx/maps';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Applied, ApplyHow, ServiceChanges } from '../apply/programmer.ts';
import type { DriftSlice } from './drift-check.ts';
import { createReconciler, type Reconciler } from './reconciler.ts';

/** A programmer whose frontends fail on command. A service has one frontend of its name. */
function fakeProgrammer() {
  const failing = new Set<string>();
  const left = new Set<string>();
  const wanted = new Map<string, unknown>();
  const calls: { readonly tried: string[]; readonly prune: boolean | undefined }[] = [];
  const notices: string[] = [];
  const scarce: { freeIn: number | undefined; retries: number } = { freeIn: undefined, retries: 0 };
  let slices: DriftSlice[] = [];
  let derived: number[] = [];
  const write = (changes: ServiceChanges, { isWaiting, prune, also }: ApplyHow): Applied => {
    for (const [service, frontends] of changes) {
      if (frontends.length === 0) wanted.delete(service);
      else wanted.set(service, { frontend: { service } });
    }
    const given = [...changes.keys(), ...(also?.frontends ?? [])];
    const due = [...left].filter((name) => isWaiting?.(name) !== true);
    const tried = new Set([...given, ...due]);
    const pending = new Map<string, Error>();
    for (const name of tried) {
      left.delete(name);
      if (failing.has(name)) pending.set(name, new Error(`${name} does not work`));
    }
    const skipped = left.size;
    for (const name of pending.keys()) left.add(name);
    calls.push({ tried: [...tried].sort(), prune });
    return {
      tried,
      pending,
      sharedLeft: false,
      report: {
        frontends: wanted.size,
        writes: tried.size,
        failed: [],
        refused: [],
        shortages: [],
        pending: pending.size + skipped,
        kept: 0,
        ms: 1,
        writeMs: 1,
      },
    };
  };
  let inside = 0;
  let byItself = 0;
  const reconciler = createReconciler({
    write,
    desired: {
      frontends: wanted,
      get refused() {
        return [];
      },
    } as unknown as Projection,
    retryRefused: () => void scarce.retries++,
    idsFreeIn: () => scarce.freeIn,
    *checkDrift() {
      yield* slices;
    },
    *repairDerived() {
      yield* derived;
    },
    inside(act) {
      inside++;
      act();
    },
    driftSeconds: 60,
    onNotice: (notice) => notices.push(notice),
    onApplied: () => byItself++,
  });
  return {
    reconciler,
    failing,
    calls,
    notices,
    scarce,
    insides: () => inside,
    byItself: () => byItself,
    drifts: (found: DriftSlice[], derivedFound: number[] = []) => {
      slices = found;
      derived = derivedFound;
    },
  };
}

const change = (...services: string[]): ServiceChanges =>
  new Map(services.map((name) => [name, [{}] as never]));
const slice = (missing: number, changed: number, foreign: number, ...names: string[]): DriftSlice => ({
  found: { missing, changed, foreign },
  changes: { frontends: new Set(names), backends: new Set(), wildcards: new Set() },
});

describe('createReconciler', () => {
  let reconciler: Reconciler | undefined;
  const start = () => {
    const made = fakeProgrammer();
    reconciler = made.reconciler;
    return made;
  };
  beforeEach(() => {
    vi.useFakeTimers({
      now: 1_700_000_000_000,
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
    });
    vi.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(() => {
    reconciler?.close();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('tries each frontend that failed again in its own time, and no other', () => {
    const { reconciler, failing, calls, insides, byItself } = start();
    failing.add('a').add('b');
    reconciler.apply(change('a', 'c'));
    vi.advanceTimersByTime(300);
    reconciler.update(change('b', 'd'));
    expect(reconciler.status).toMatchObject({ pending: 2, nextRetry: 1_700_000_000_500 });
    expect(reconciler.stateOf('a')).toMatchObject({ since: 1_700_000_000_000, attempts: 1 });
    expect(reconciler.stateOf('a')?.error?.message).toBe('a does not work');
    expect(reconciler.stateOf('c')).toEqual({ since: 1_700_000_000_000 });
    calls.splice(0);
    vi.advanceTimersByTime(3310);
    // a: 500, 1500, 3500; b: 800, 1800; its third try is due at 3800.
    expect(calls.map(({ tried }) => tried)).toEqual([['a'], ['b'], ['a'], ['b'], ['a']]);
    expect([insides(), byItself()]).toEqual([5, 5]);
    failing.clear();
    vi.advanceTimersByTime(10_000);
    expect(calls.slice(5).map(({ tried }) => tried)).toEqual([['b'], ['a']]);
    expect(reconciler.status.pending).toBe(0);
    expect(reconciler.stateOf('b')).toEqual({ since: 1_700_000_003_803 });
    expect(vi.getTimerCount()).toBe(1);
  });

  it('never tries more often than the longest wait asks for, however long it goes on', () => {
    const { reconciler, failing, calls } = start();
    failing.add('a');
    reconciler.apply(change('a'));
    vi.advanceTimersByTime(24 * 3600_000);
    expect(calls.length).toBeLessThan(24 * 60 + 10);
    expect(calls.length).toBeGreaterThan(24 * 60 - 10);
  });

  it('tries what changed at once, what did not when it is due; apply() tries everything', () => {
    const { reconciler, failing, calls } = start();
    failing.add('a').add('b');
    reconciler.apply(change('a', 'b'));
    calls.splice(0);
    reconciler.update(change('a'));
    reconciler.apply(change());
    expect(calls.map(({ tried }) => tried)).toEqual([['a'], ['a', 'b']]);
    expect(reconciler.stateOf('a')?.attempts).toBe(3);
    expect(reconciler.stateOf('b')?.attempts).toBe(2);
  });

  it('tries what was refused an id again when a quarantine ends, then each minute, and when something went', () => {
    const { reconciler, scarce } = start();
    reconciler.apply(change('a'));
    vi.advanceTimersByTime(3600_000);
    expect(scarce.retries).toBe(0);
    scarce.freeIn = 5000;
    reconciler.update(change('b'));
    vi.advanceTimersByTime(4999);
    expect(scarce.retries).toBe(0);
    scarce.freeIn = 0; // still not enough
    vi.advanceTimersByTime(1);
    expect(scarce.retries).toBe(1);
    vi.advanceTimersByTime(59_000);
    expect(scarce.retries).toBe(1);
    reconciler.update(new Map([['a', []]]));
    reconciler.update(new Map([['b', []]]));
    scarce.freeIn = undefined; // enough by then
    vi.advanceTimersByTime(1000);
    expect(scarce.retries).toBe(2);
    vi.advanceTimersByTime(3600_000);
    expect(scarce.retries).toBe(2);
  });

  it('prunes nothing before everything has been told', () => {
    const { reconciler, calls } = start();
    reconciler.refresh();
    reconciler.update(change('a'));
    expect(reconciler.status.synced).toBe(false);
    reconciler.sync();
    reconciler.update(change('b'));
    expect(calls.map(({ prune }) => prune)).toEqual([false, true, true]);
    expect(reconciler.status.synced).toBe(true);
  });

  it('what is no longer asked for is forgotten', () => {
    const { reconciler, failing } = start();
    failing.add('a');
    reconciler.apply(change('a'));
    failing.clear();
    reconciler.update(new Map([['a', []]]));
    expect(reconciler.stateOf('a')).toBeUndefined();
    expect(reconciler.status.pending).toBe(0);
  });

  it('compares the maps after everything has been told, repairs slice by slice, and counts', async () => {
    const { reconciler, drifts, calls, notices } = start();
    drifts([slice(0, 0, 0), slice(1, 2, 0, 'a'), slice(0, 0, 3, 'x')], [0, 4]);
    reconciler.update(change('a'));
    await reconciler.checkDrift();
    expect(reconciler.status.drift.checks).toBe(0);
    reconciler.sync();
    calls.splice(0);
    await reconciler.checkDrift();
    expect(calls.map(({ tried }) => tried)).toEqual([['a'], ['x']]);
    expect(reconciler.status.drift).toMatchObject({
      checks: 1,
      missing: 1,
      changed: 2,
      foreign: 3,
      derived: 4,
    });
    expect(notices).toEqual([
      expect.stringMatching(
        /1 were missing.*2 had another value.*3 were added by somebody else.*4 in the gate/,
      ),
    ]);
    drifts([slice(0, 0, 0)]);
    await reconciler.checkDrift();
    expect(reconciler.status.drift.checks).toBe(2);
    expect(notices).toHaveLength(1);
  });

  it('a comparison that fails is told once, and the next one goes on', async () => {
    const { reconciler, drifts, notices } = start();
    reconciler.apply(change('a'));
    const broken = [slice(0, 0, 0)];
    Object.defineProperty(broken, 0, {
      get() {
        throw new Error('no permission');
      },
    });
    drifts(broken);
    await reconciler.checkDrift();
    await reconciler.checkDrift();
    expect(notices).toEqual([expect.stringContaining('no permission')]);
    expect(reconciler.status.drift).toMatchObject({ checks: 0, error: 'no permission' });
    drifts([]);
    await reconciler.checkDrift();
    expect(reconciler.status.drift).toMatchObject({ checks: 1 });
    expect(reconciler.status.drift.error).toBeUndefined();
  });

  it('measures from the trigger and from the event until a service is in force', () => {
    const { reconciler, failing } = start();
    failing.add('b');
    const triggeredAt = new Map([
      ['a', 1_699_999_999_000],
      ['b', 1_699_999_998_000],
    ]);
    reconciler.apply(change());
    reconciler.update(change('a', 'b'), { triggeredAt, receivedAt: performance.now() });
    expect(reconciler.status.latency.fromTrigger).toMatchObject({ count: 1, sum: 1 });
    failing.clear();
    vi.advanceTimersByTime(501);
    expect(reconciler.status.latency.fromTrigger).toMatchObject({ count: 2, sum: 3.501 });
    expect(reconciler.status.latency.fromEvent.count).toBe(2);
  });
});

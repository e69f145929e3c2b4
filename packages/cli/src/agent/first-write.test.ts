import { createMemoryLoadBalancer } from '@lbx/core/testing';
import { createTranslator } from '@lbx/k8s-sync';
import { describe, expect, it } from 'vitest';
import { clusterObjects } from '../../bench/sync/objects.ts';
import { firstWrite } from './first-write.ts';

/** A translator that has been told of so many services. */
function translatorOf(services: number) {
  const translator = createTranslator({ nodeName: 'node-0', nodeIPs: [] });
  for (const object of clusterObjects(0, services, true) as { kind: 'Service' | 'EndpointSlice' }[])
    translator.apply({ type: 'upsert', kind: object.kind, object });
  return translator;
}
const never = () => false;

describe('firstWrite', () => {
  it('writes what apply() writes at once, in slices between which the event loop turns', async () => {
    using sliced = createMemoryLoadBalancer();
    using whole = createMemoryLoadBalancer();
    const expected = whole.apply(translatorOf(1200).translate().frontends);
    const sizes: number[] = [];
    let turns = 0;
    const turning = setInterval(() => turns++, 0);
    const report = await firstWrite(
      {
        update(changes) {
          sizes.push(changes.size);
          return sliced.update(changes);
        },
        sync: () => sliced.sync(),
      },
      translatorOf(1200),
      never,
    );
    clearInterval(turning);
    expect(sizes).toEqual([500, 500, 200]);
    expect(turns).toBeGreaterThan(2);
    expect(report).toMatchObject({ frontends: 1200, writes: expected.writes, failed: [], pending: 0 });
    expect(sliced.dump()).toEqual(whole.dump());
    expect(sliced.reconcile.synced).toBe(true);
  });

  it('is given up when the agent is closed', async () => {
    using balancer = createMemoryLoadBalancer();
    let asked = 0;
    const report = await firstWrite(balancer, translatorOf(1200), () => ++asked > 2);
    expect(report).toBeUndefined();
    expect(balancer.status().frontends).toHaveLength(500);
    expect(balancer.reconcile.synced).toBe(false);
  });
});

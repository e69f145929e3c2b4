import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectIdentity } from '../src/objects/object-identity.ts';
import { withApiDefaults } from '../src/sources/api-defaults.ts';
import { projectObject } from '../src/sources/project-object.ts';
import type { KubernetesKind, ObjectSource, SourceEvent } from '../src/sources/source-event.ts';
import { EventLog, eventText } from './event-log.ts';
import { endpoint, service, slice } from './objects.ts';

/** Something that happens to an object. */
export type Step =
  | { readonly put: object }
  | { readonly remove: { readonly kind: KubernetesKind; readonly namespace: string; readonly name: string } };

/** A source, and a way to let something happen to its objects. */
export interface SourceUnderTest {
  readonly source: ObjectSource;
  apply(step: Step): void | Promise<void>;
  /** After the source was closed. */
  cleanUp(): void | Promise<void>;
}

/** Makes a source of objects that exist already, not yet started. `steps` are those that apply() will be called with. */
export type MakeSource = (
  initial: readonly object[],
  steps: readonly Step[],
) => SourceUnderTest | Promise<SourceUnderTest>;

const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-a', labels: { 'topology.kubernetes.io/zone': 'z' } },
  status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] },
};
const initial = [
  service(),
  service({ clusterIP: '198.51.100.11' }, { name: 'db', namespace: 'shop' }),
  slice([endpoint('192.0.2.50'), endpoint('192.0.2.51', { conditions: { ready: false } })]),
  node,
];
const steps: readonly Step[] = [
  {
    put: service({
      type: 'NodePort',
      ports: [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30_080 }],
    }),
  },
  { put: slice([endpoint('192.0.2.52')]) },
  { remove: { kind: 'Service', namespace: 'shop', name: 'db' } },
  { put: { ...node, status: { addresses: [{ type: 'InternalIP', address: '192.0.2.9' }] } } },
  { put: service({ clusterIP: '198.51.100.12' }, { name: 'db', namespace: 'shop' }) },
  { remove: { kind: 'EndpointSlice', namespace: 'default', name: 'web-1' } },
];

/** What an event means, whatever the way by which it came. */
function meaning(event: SourceEvent): unknown {
  if (event.type !== 'upsert') return eventText(event);
  const { metadata, ...rest } = projectObject(
    event.kind as KubernetesKind,
    withApiDefaults(event.object),
  ) as {
    metadata: object;
  };
  const { resourceVersion: _version, ...others } = metadata as { resourceVersion?: string };
  return JSON.parse(JSON.stringify({ ...rest, metadata: others }));
}

function expected(step: Step): SourceEvent {
  if ('remove' in step) return { type: 'delete', ...step.remove };
  const { kind } = step.put as { kind: KubernetesKind };
  return { type: 'upsert', kind, object: step.put };
}

const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
const sorted = (events: readonly SourceEvent[]) => events.map(meaning).sort(byText);

/** What every source has to do alike, however it comes by its objects. */
export function sourceCompliance(title: string, make: MakeSource): void {
  describe(`${title}, as every source`, () => {
    let tested: SourceUnderTest;
    let log: EventLog;

    beforeEach(async () => {
      tested = await make(initial, steps);
      log = new EventLog();
    });

    afterEach(async () => {
      await tested.source.close();
      await tested.cleanUp();
    });

    it('tells what there is, then synced, then each change, with the same contents', async () => {
      await tested.source.start(log.listener);
      await log.next('synced');
      const at = log.texts.indexOf('synced');
      expect(sorted(log.events.slice(0, at))).toEqual(sorted(initial.map((put) => expected({ put }))));
      for (const step of steps) {
        await tested.apply(step);
        await log.next(eventText(expected(step)));
      }
      expect(log.events.slice(at + 1).map(meaning)).toEqual(steps.map((step) => meaning(expected(step))));
    });

    it('says how it is doing', async () => {
      const { source } = tested;
      const before = source.status();
      expect(before).toMatchObject({ name: source.name, syncedAt: undefined, lastError: undefined });
      const begin = Date.now();
      await source.start(log.listener);
      await log.next('synced');
      for (const step of steps) {
        await tested.apply(step);
        await log.next(eventText(expected(step)));
      }
      const status = source.status();
      expect(status).toMatchObject({
        synced: true,
        waitingFor: [],
        objects: 3,
        pending: 0,
        lastError: undefined,
      });
      expect(status.syncedAt).toBeGreaterThanOrEqual(begin);
      expect(status.lastEventAt).toBeGreaterThanOrEqual(begin);
    });

    it('is started once, and tells nothing after it was closed', async () => {
      const { source } = tested;
      await source.start(log.listener);
      await log.next('synced');
      await expect(source.start(log.listener)).rejects.toMatchObject({ code: 'LBX_SOURCE_STATE' });
      await source.close();
      await source.close();
      const { length } = log.events;
      await tested.apply(steps[0]!);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(log.events).toHaveLength(length);
      await expect(source.start(log.listener)).rejects.toMatchObject({ code: 'LBX_SOURCE_STATE' });
    });

    it('can be closed before it was started, and from within its listener', async () => {
      const other = await make(initial, steps);
      await other.source.close();
      await other.cleanUp();
      let closed: Promise<void> | undefined;
      const texts: string[] = [];
      await tested.source.start((event) => {
        texts.push(eventText(event));
        closed ??= tested.source.close();
        return closed;
      });
      // What a poll is given is awaited.
      await expect.poll(() => closed !== undefined).toBe(true);
      await closed;
      expect(texts).toHaveLength(1);
    });

    it('survives a listener that throws or rejects at everything, and tells it so', async () => {
      const texts: string[] = [];
      let n = 0;
      await tested.source.start((event) => {
        texts.push(eventText(event));
        if (event.type === 'problem') return;
        n += 1;
        if (n % 2 === 0) throw new Error('oops');
        return Promise.reject(new Error('oops, later'));
      });
      await expect.poll(() => texts).toContain('synced');
      for (const put of initial) expect(texts).toContain(eventText(expected({ put })));
      const problem = `problem: The listener of ${tested.source.name} threw: oops`;
      await expect.poll(() => texts.some((text) => text === problem)).toBe(true);
      await expect.poll(() => texts.some((text) => text === `${problem}, later`)).toBe(true);
    });

    it('tells a slow listener one event at a time, and nothing is lost', async () => {
      const told = new Map<string, SourceEvent>();
      let busy = false;
      await tested.source.start(async (event) => {
        expect(busy).toBe(false);
        busy = true;
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (event.type === 'upsert') {
          const { namespace, name } = objectIdentity(event.kind, event.object);
          told.set(`${event.kind} ${namespace}/${name}`, event);
        }
        if (event.type === 'delete') told.delete(`${event.kind} ${event.namespace}/${event.name}`);
        busy = false;
      });
      for (const step of steps) await tested.apply(step);
      const last = [
        { put: (steps[0] as { put: object }).put },
        { put: (steps[4] as { put: object }).put },
        { put: (steps[3] as { put: object }).put },
      ].map(expected);
      await expect.poll(() => sorted([...told.values()])).toEqual(sorted(last));
    });
  });
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpoint, service, slice } from '../../test/objects.ts';
import { lines, translatorOf, upsert } from '../../test/translating.ts';
import type { ObjectKind } from '../sources/source-event.ts';
import { createTranslator } from './translator.ts';

const everything = service(
  {
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    externalIPs: ['203.0.113.5'],
    loadBalancerSourceRanges: ['203.0.113.0/24'],
    sessionAffinity: 'ClientIP',
    ports: [{ name: 'http', port: 80, nodePort: 30080 }],
  },
  {},
  {
    loadBalancer: {
      ingress: [{ ip: '203.0.113.9' }, { ip: '203.0.113.5' }, { ip: '203.0.113.7', ipMode: 'Proxy' }],
    },
  },
);

describe('translate', () => {
  it('makes a frontend of every way to reach a Service, in two scopes where the external policy is Local', () => {
    const translator = translatorOf(
      everything,
      slice([endpoint('192.0.2.50', { nodeName: 'node-a' }), endpoint('192.0.2.51')]),
    );
    expect(lines(translator)).toEqual([
      'ClusterIP 198.51.100.10:80/TCP -> 192.0.2.50:8080 192.0.2.51:8080',
      'NodePort 0.0.0.0:30080/TCP external -> 192.0.2.50:8080',
      'NodePort 0.0.0.0:30080/TCP internal -> 192.0.2.50:8080 192.0.2.51:8080',
      'ExternalIP 203.0.113.5:80/TCP external -> 192.0.2.50:8080',
      'ExternalIP 203.0.113.5:80/TCP internal -> 192.0.2.50:8080 192.0.2.51:8080',
      'LoadBalancer 203.0.113.9:80/TCP external -> 192.0.2.50:8080',
      'LoadBalancer 203.0.113.9:80/TCP internal -> 192.0.2.50:8080 192.0.2.51:8080',
    ]);
    const { frontends, nodeAddresses } = translator.translate();
    expect(nodeAddresses).toEqual(['192.0.2.1', '2001:db8::1']);
    expect(frontends.map((f) => f.affinitySeconds)).toEqual(Array(7).fill(10_800));
    expect(frontends.map((f) => f.sourceRanges?.join())).toEqual([
      ...Array(5).fill(undefined),
      '203.0.113.0/24',
      '203.0.113.0/24',
    ]);
    expect(new Set(frontends.map((f) => f.backends)).size).toBe(2);
  });

  it.each([
    ['ready', {}, ''],
    ['ready and terminating (publishNotReadyAddresses)', { ready: true, terminating: true }, ''],
    ['terminating, still serving', { ready: false, serving: true, terminating: true }, '(terminating)'],
    [
      'terminating, not serving',
      { ready: false, serving: false, terminating: true },
      '(terminating-not-serving)',
    ],
    ['not ready, keeps its connections', { ready: false, serving: false }, '(terminating-not-serving)'],
  ])('endpoint that is %s', (_, conditions, state) => {
    const translator = translatorOf(service(), slice([endpoint('192.0.2.50', { conditions })]));
    expect(lines(translator)).toEqual([`ClusterIP 198.51.100.10:80/TCP -> 192.0.2.50:8080${state}`]);
  });

  it.each([
    ['an endpoint here', [endpoint('192.0.2.50', { nodeName: 'node-a' })], []],
    ['endpoints elsewhere only', [endpoint('192.0.2.51')], ['ClusterIP', 'NodePort external']],
    [
      'one here that still serves, and one elsewhere',
      [
        endpoint('192.0.2.50', {
          nodeName: 'node-a',
          conditions: { ready: false, serving: true, terminating: true },
        }),
        endpoint('192.0.2.51'),
      ],
      [],
    ],
    [
      'one here that is not ready, and one elsewhere',
      [endpoint('192.0.2.50', { nodeName: 'node-a', conditions: { ready: false } }), endpoint('192.0.2.51')],
      ['ClusterIP', 'NodePort external'],
    ],
    ['one elsewhere that is not ready', [endpoint('192.0.2.51', { conditions: { ready: false } })], []],
    ['no endpoint at all', [], []],
  ])('tells none here from none anywhere: %s', (_, endpoints, dropping) => {
    const local = service({
      type: 'NodePort',
      internalTrafficPolicy: 'Local',
      externalTrafficPolicy: 'Local',
      ports: [{ name: 'http', port: 80, nodePort: 30080 }],
    });
    const { frontends } = translatorOf(local, slice(endpoints)).translate();
    expect(frontends).toHaveLength(3);
    const marked = frontends.filter((frontend) => frontend.endpointsElsewhere === true);
    expect(marked.map(({ type, scope = '' }) => `${type} ${scope}`.trim())).toEqual(dropping);
  });

  it('ends in the same state whatever the order of the events, and after deletions', () => {
    const objects = [
      everything,
      service({ clusterIP: '198.51.100.11', externalIPs: ['203.0.113.5'] }, { name: 'other' }),
      slice([endpoint('192.0.2.50', { nodeName: 'node-a' })]),
      slice([endpoint('192.0.2.50', { conditions: { ready: false } }), endpoint('192.0.2.51')], {
        name: 'web-2',
      }),
      slice([endpoint('2001:db8::50')], { name: 'web-3' }, { addressType: 'IPv6' }),
      slice([endpoint('192.0.2.60')], { name: 'other-1', labels: { 'kubernetes.io/service-name': 'other' } }),
    ];
    const wanted = lines(translatorOf(...objects));
    fc.assert(
      fc.property(
        fc.shuffledSubarray(objects, { minLength: objects.length }),
        fc.array(fc.nat(objects.length - 1), { maxLength: 4 }),
        fc.boolean(),
        (order, removed, between) => {
          const translator = translatorOf();
          for (const object of order) {
            translator.apply(upsert(object));
            if (between) translator.translate();
          }
          for (const i of removed) {
            const { kind, metadata } = order[i] as {
              kind: ObjectKind;
              metadata: { namespace: string; name: string };
            };
            translator.apply({ type: 'delete', kind, ...metadata });
            if (between) translator.translate();
          }
          for (const i of removed) translator.apply(upsert(order[i]!));
          expect(lines(translator)).toEqual(wanted);
          for (const object of order) {
            const { kind, metadata } = object as {
              kind: ObjectKind;
              metadata: { namespace: string; name: string };
            };
            translator.apply({ type: 'delete', kind, namespace: metadata.namespace, name: metadata.name });
          }
          expect(translator.translate()).toMatchObject({ frontends: [], problems: [], ignored: [] });
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('incremental work', () => {
  const second = service({ clusterIP: '198.51.100.20' }, { name: 'zeta' });
  const secondSlice = slice([endpoint('192.0.2.70')], {
    name: 'zeta-1',
    labels: { 'kubernetes.io/service-name': 'zeta' },
  });

  it('keeps the objects of what did not change and names what did', () => {
    const translator = translatorOf(everything, slice([endpoint('192.0.2.50')]), second, secondSlice);
    const before = translator.translate();
    expect(before.changed).toEqual(['default/web', 'default/zeta']);
    translator.apply(upsert(slice([endpoint('192.0.2.50'), endpoint('192.0.2.52')])));
    // A look in between must not swallow the change.
    translator.servicePorts();
    const after = translator.translate();
    expect(after.changed).toEqual(['default/web']);
    expect(translator.translateChanges().size).toBe(0);
    expect(after.frontends.at(-1)).toBe(before.frontends.at(-1));
    expect(after.frontends[0]).not.toBe(before.frontends[0]);
    // externalTrafficPolicy Local without a local endpoint, before and after: nothing new for outside.
    expect(after.frontends[1]).toBe(before.frontends[1]);
  });

  it('tells only the changes to those who ask for them', () => {
    const translator = translatorOf(service(), slice([endpoint('192.0.2.50')]), second, secondSlice);
    expect([...translator.translateChanges().keys()]).toEqual(['default/web', 'default/zeta']);
    translator.apply(upsert(slice([endpoint('192.0.2.51')])));
    translator.apply({ type: 'delete', kind: 'Service', namespace: 'default', name: 'zeta' });
    const changes = translator.translateChanges();
    expect([...changes].map(([name, fs]) => [name, fs.map((f) => f.backends[0]?.address)])).toEqual([
      ['default/web', ['192.0.2.51']],
      ['default/zeta', []],
    ]);
    translator.apply({ type: 'delete', kind: 'Node', namespace: '', name: 'web' });
    translator.apply({
      type: 'upsert',
      kind: 'Secret' as ObjectKind,
      object: { metadata: { name: 'node-a' } },
    });
    expect(translator.translate()).toMatchObject({ changed: [], frontends: changes.get('default/web') });
  });

  it('takes an update that changes nothing that matters for no change', () => {
    const translator = translatorOf(everything, slice([endpoint('192.0.2.50')]));
    const before = translator.translate();
    translator.apply(upsert(slice([endpoint('192.0.2.50')], { annotations: { checked: 'again' } })));
    const after = translator.translate();
    expect(after.changed).toEqual([]);
    after.frontends.forEach((frontend, i) => {
      expect(frontend).toBe(before.frontends[i]);
    });
  });

  it('follows a slice that moves to another Service', () => {
    const translator = translatorOf(service(), slice([endpoint('192.0.2.50')]), second);
    translator.translate();
    translator.apply(
      upsert(slice([endpoint('192.0.2.50')], { labels: { 'kubernetes.io/service-name': 'zeta' } })),
    );
    expect(lines(translator)).toEqual([
      'ClusterIP 198.51.100.10:80/TCP -> ',
      'ClusterIP 198.51.100.20:80/TCP -> 192.0.2.50:8080',
    ]);
  });

  it('looks at hints anew when the zone of the node changes', () => {
    const hinted = (address: string, zone: string) =>
      endpoint(address, { hints: { forZones: [{ name: zone }] } });
    const translator = translatorOf(service(), slice([hinted('192.0.2.50', 'a'), hinted('192.0.2.51', 'b')]));
    const node = (labels: object) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-a', labels },
    });
    expect(lines(translator)[0]).toContain('192.0.2.50:8080 192.0.2.51:8080');
    translator.apply(upsert(node({ 'topology.kubernetes.io/zone': 'b' })));
    expect(lines(translator)).toEqual([
      'ClusterIP 198.51.100.10:80/TCP -> 192.0.2.50:8080(standby) 192.0.2.51:8080',
    ]);
    translator.apply({ type: 'delete', kind: 'Node', namespace: '', name: 'node-a' });
    expect(lines(translator)[0]).toContain('192.0.2.50:8080 192.0.2.51:8080');
  });

  it('takes the addresses of the Node object when it is given none', () => {
    const translator = createTranslator({ nodeName: 'node-a' });
    const addresses = [
      { type: 'Hostname', address: 'node-a' },
      { type: 'InternalIP', address: '192.0.2.1' },
    ];
    translator.apply(upsert({ kind: 'Node', metadata: { name: 'node-a' }, status: { addresses } }));
    translator.apply(
      upsert({
        kind: 'Node',
        metadata: { name: 'node-b' },
        status: { addresses: [{ type: 'InternalIP', address: '192.0.2.2' }] },
      }),
    );
    expect(translator.translate().nodeAddresses).toEqual(['192.0.2.1']);
    translator.setNodeIPs(['192.0.2.9', '192.0.2.1']);
    expect(translator.translate().nodeAddresses).toEqual(['192.0.2.9', '192.0.2.1']);
  });
});

describe('contested addresses', () => {
  const claim = (name: string, clusterIP: string, creationTimestamp?: string) =>
    service(
      { clusterIP, externalIPs: ['203.0.113.5'] },
      { name, ...(creationTimestamp === undefined ? {} : { creationTimestamp }) },
    );

  it('go to the older Service, and to the other one when it leaves', () => {
    const translator = translatorOf(
      claim('alpha', '198.51.100.30', '2026-01-02T00:00:00Z'),
      claim('beta', '198.51.100.31', '2026-01-01T00:00:00Z'),
    );
    const owner = () =>
      translator
        .translate()
        .frontends.filter((f) => f.address === '203.0.113.5')
        .map((f) => f.service);
    expect(owner()).toEqual(['default/beta']);
    expect(translator.translate().problems.map((problem) => problem.message)).toEqual([
      'default/beta and default/alpha both claim 203.0.113.5:80/TCP: default/beta has it; give one of them another address or port',
    ]);
    translator.apply({ type: 'delete', kind: 'Service', namespace: 'default', name: 'beta' });
    const after = translator.translate();
    expect(after.changed).toEqual(['default/alpha', 'default/beta']);
    expect(owner()).toEqual(['default/alpha']);
    expect(after.problems).toEqual([]);
  });
});

describe('events without an object', () => {
  it('keep problems of the source until they are resolved, and remember synced', () => {
    const translator = translatorOf();
    translator.apply({ type: 'problem', error: new Error('first'), key: 'web.yaml' });
    translator.apply({ type: 'problem', error: new Error('second'), key: 'web.yaml' });
    expect(translator.translate()).toMatchObject({ problems: [new Error('second')], synced: false });
    translator.apply({ type: 'resolved', key: 'web.yaml' });
    translator.apply({ type: 'synced' });
    expect(translator.translate()).toMatchObject({ problems: [], synced: true });
  });
});

import { expect, it } from 'vitest';
import { endpoint, pod, service, slice } from '../../test/objects.ts';
import { deletion, translatorOf, upsert } from '../../test/translating.ts';

const hinted = (address: string) =>
  endpoint(address, {
    conditions: { ready: true, serving: true, terminating: false },
    hints: { forZones: [{ name: 'a' }], forNodes: [{ name: 'node-b' }] },
  });
const base = [
  service({ sessionAffinity: 'ClientIP', loadBalancerSourceRanges: ['203.0.113.0/24'] }),
  slice([hinted('192.0.2.50'), endpoint('192.0.2.51')]),
  slice([], { name: 'web-2' }, { endpoints: null, ports: null }),
];
/** Of the objects by their updates, what may not matter. */
const irrelevant: [string, object][] = [
  ['the same Service', base[0]!],
  [
    'labels, annotations, versions and status of a Service',
    service(
      { ...(base[0] as { spec: object }).spec, selector: { app: 'other' } },
      { resourceVersion: '7', labels: { a: 'b' }, annotations: { checked: 'again' }, managedFields: [{}] },
      { conditions: [{ type: 'Ready' }] },
    ),
  ],
  ['the same slice', slice([hinted('192.0.2.50'), endpoint('192.0.2.51')])],
  [
    'annotations, targets and a spelled out default of a slice',
    slice(
      [
        {
          ...hinted('192.0.2.50'),
          targetRef: { kind: 'Pod', uid: 'u' },
          zone: 'a',
          addresses: ['192.0.2.50', '192.0.2.99'],
        },
        endpoint('192.0.2.51', { conditions: { ready: true, terminating: null } }),
      ],
      {
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2100-01-01T00:00:00Z' },
        resourceVersion: '9',
      },
    ),
  ],
  ['an empty slice, spelled differently', slice([], { name: 'web-2' }, { endpoints: [], ports: undefined })],
];

it.each(irrelevant)('nothing is computed for %s', (_, update) => {
  const translator = translatorOf(...base);
  const before = translator.translate();
  const states = translator.servicePorts();
  const { computed, withoutEffect } = translator.work();
  translator.apply(upsert(update));
  expect(translator.translateChanges().size).toBe(0);
  expect(translator.changeTriggers().size).toBe(0);
  expect(translator.work()).toMatchObject({ computed, withoutEffect: withoutEffect + 1 });
  translator.servicePorts().forEach((state, i) => {
    expect(state).toEqual(states[i]);
  });
  translator.translate().frontends.forEach((frontend, i) => {
    expect(frontend).toBe(before.frontends[i]);
  });
});

/** Of every field that matters one other value: none of them may be taken for the same. */
const relevant: [string, object, number?][] = [
  ['address', slice([hinted('192.0.2.52'), endpoint('192.0.2.51')])],
  ['order', slice([endpoint('192.0.2.51'), hinted('192.0.2.50')])],
  ['number', slice([hinted('192.0.2.50')])],
  ['node', slice([{ ...hinted('192.0.2.50'), nodeName: 'node-a' }, endpoint('192.0.2.51')])],
  ...['ready', 'serving', 'terminating'].map((condition): [string, object] => [
    condition,
    slice([
      hinted('192.0.2.50'),
      endpoint('192.0.2.51', { conditions: { [condition]: condition === 'terminating' } }),
    ]),
  ]),
  ['zones', slice([hinted('192.0.2.50'), endpoint('192.0.2.51', { hints: { forZones: [{ name: 'b' }] } })])],
  ['nodes', slice([hinted('192.0.2.50'), endpoint('192.0.2.51', { hints: { forNodes: [{ name: 'b' }] } })])],
  ['port', slice([], {}, { ...base[1], ports: [{ name: 'http', port: 8081, protocol: 'TCP' }] })],
  ['protocol', slice([], {}, { ...base[1], ports: [{ name: 'http', port: 8080, protocol: 'UDP' }] })],
  ['port name', slice([], {}, { ...base[1], ports: [{ name: 'web', port: 8080, protocol: 'TCP' }] })],
  ['no port', slice([], {}, { ...base[1], ports: [] })],
  [
    'Service',
    slice(
      [],
      { labels: { 'kubernetes.io/service-name': 'x' } },
      { endpoints: (base[1] as { endpoints: object }).endpoints },
    ),
    2,
  ],
  [
    'headless',
    slice(
      [],
      { labels: { 'kubernetes.io/service-name': 'web', 'service.kubernetes.io/headless': '' } },
      { endpoints: (base[1] as { endpoints: object }).endpoints },
    ),
  ],
  ['family', slice([], {}, { ...base[1], addressType: 'IPv6' })],
  ['clusterIP', service({ ...(base[0] as { spec: object }).spec, clusterIP: '198.51.100.77' })],
  ['affinity', service({ ...(base[0] as { spec: object }).spec, sessionAffinity: 'None' })],
  [
    'ranges',
    service({ ...(base[0] as { spec: object }).spec, loadBalancerSourceRanges: ['203.0.113.0/25'] }),
  ],
  [
    'age',
    service((base[0] as { spec: object }).spec as never, { creationTimestamp: '2026-01-01T00:00:00Z' }),
  ],
];

it.each(relevant)('a change of %s counts, and the way back too', (_, update, services = 1) => {
  const translator = translatorOf(...base);
  translator.translate();
  const { computed, withoutEffect } = translator.work();
  translator.apply(upsert(update));
  translator.translate();
  expect(translator.work()).toMatchObject({ computed: computed + services, withoutEffect });
  const original = base.find(
    (object) => (object as { kind: string }).kind === (update as { kind: string }).kind,
  )!;
  translator.apply(upsert(original));
  translator.translate();
  expect(translator.work().computed).toBe(computed + 2 * services);
});

it('objects that do not count are not looked into, whatever they say', () => {
  const never = (metadata: object, fields: object = {}) => {
    const object = slice([], metadata as never, fields as never) as { endpoints: unknown };
    object.endpoints = new Proxy([{}], {
      get(target, key) {
        if (key === '0' || key === Symbol.iterator) throw new Error('endpoints were read');
        return Reflect.get(target, key);
      },
    });
    return object;
  };
  const headless = {
    name: 'h',
    labels: { 'kubernetes.io/service-name': 'web', 'service.kubernetes.io/headless': '' },
  };
  const objects = [
    never(headless),
    never({ name: 'nobody', labels: {} }),
    never({ name: 'fqdn' }, { addressType: 'FQDN' }),
    service({ clusterIP: 'None' }, { name: 'none' }),
    service({}, { name: 'foreign', labels: { 'service.kubernetes.io/service-proxy-name': 'x' } }),
    service({ type: 'ExternalName' }, { name: 'external' }),
  ];
  const translator = translatorOf(...base);
  translator.translate();
  const { computed, withoutEffect } = translator.work();
  for (let round = 0; round < 3; round++) for (const object of objects) translator.apply(upsert(object));
  const after = translator.translate();
  expect(after).toMatchObject({ changed: [], problems: [] });
  expect(after.ignored).toHaveLength(objects.length);
  expect(translator.work()).toMatchObject({ computed, withoutEffect: withoutEffect + 3 * objects.length });
  for (const object of objects) translator.apply(deletion(object));
  expect(translator.translate()).toMatchObject({ changed: [], ignored: [] });
  expect(translator.work().computed).toBe(computed);
});

it('an update that was refused is told again, even if the next one says what the last good one said', () => {
  const translator = translatorOf(...base);
  translator.apply(upsert(slice('broken' as never)));
  expect(translator.translate().problems).toHaveLength(1);
  translator.apply(upsert(base[1]!));
  expect(translator.translate().problems).toEqual([]);
});

it('one changed slice computes one Service; the zone only those with hints; Pods none', () => {
  const others = [1, 2, 3].flatMap((i) => [
    service({ clusterIP: `198.51.100.2${i}` }, { name: `other-${i}` }),
    slice([endpoint(`192.0.2.6${i}`)], {
      name: `other-${i}-1`,
      labels: { 'kubernetes.io/service-name': `other-${i}` },
    }),
  ]);
  const translator = translatorOf(...base, ...others);
  translator.translate();
  const count = (change: () => void) => {
    const { computed } = translator.work();
    change();
    translator.translate();
    return translator.work().computed - computed;
  };
  expect(count(() => translator.apply(upsert(slice([endpoint('192.0.2.9')], { name: 'web-3' }))))).toBe(1);
  const node = { kind: 'Node', metadata: { name: 'node-a', labels: { 'topology.kubernetes.io/zone': 'a' } } };
  expect(count(() => translator.apply(upsert(node)))).toBe(1);
  expect(count(() => translator.apply(upsert(node)))).toBe(0);
  expect(count(() => translator.apply(upsert(pod([{ containerPort: 80, hostPort: 80 }]))))).toBe(0);
});

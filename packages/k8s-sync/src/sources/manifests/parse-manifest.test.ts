import { describe, expect, it } from 'vitest';
import { parseManifest } from './parse-manifest.ts';

const texts = (text: string, file = 'web.yaml') => {
  const { objects, problems } = parseManifest(text, file);
  return [
    ...objects.map((o) => `${o.kind} ${o.namespace}/${o.name} at ${o.origin}`),
    ...problems.map((p) => p.message),
  ];
};
const web = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\n';

describe('parseManifest', () => {
  it.each([
    [
      'several documents',
      `# first\n${web}---\n---\n${web}`,
      ['Service default/web at web.yaml:2', 'Service default/web at web.yaml:7'],
    ],
    ['nothing', '# only a comment\n', []],
    ['a byte order mark', `\u{feff}${web}`, ['Service default/web at web.yaml:1']],
    ['another kind', 'apiVersion: apps/v1\nkind: Deployment', []],
    ['a Service of another API', 'apiVersion: serving.knative.dev/v1\nkind: Service', []],
    [
      'an old API version',
      'apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice',
      ['web.yaml:1: apiVersion "discovery.k8s.io/v1beta1" is not read, only discovery.k8s.io/v1'],
    ],
    ['no kind', 'metadata: { name: web }', ['web.yaml:1: kind is missing']],
    [
      'no object',
      `${web}---\n- 1`,
      [
        'Service default/web at web.yaml:1',
        'web.yaml:5: should be a Kubernetes object with kind and metadata',
      ],
    ],
    ['no name', 'apiVersion: v1\nkind: Service', ['web.yaml:1: Service: metadata.name is missing']],
    ['bad indentation', 'a: 1\n b: 2', ['web.yaml:1:4: Nested mappings are not allowed in compact mappings']],
    ['a key twice', `${web}kind: Service`, ['web.yaml:4:1: Map keys must be unique']],
    [
      'an alias to nowhere',
      'a: *b',
      ['web.yaml:1: Unresolved alias (the anchor must be set before the alias): b'],
    ],
  ])('%s', (_, text, expected) => {
    expect(texts(text)).toEqual(expected);
  });

  it('unpacks lists, typed ones too', () => {
    const item = { metadata: { name: 'web', namespace: 'a' } };
    const list = { apiVersion: 'v1', kind: 'ServiceList', items: [item, { metadata: {} }] };
    expect(texts(JSON.stringify(list), 'all.json')).toEqual([
      'Service a/web at all.json:1',
      'all.json:1: items[1]: Service: metadata.name is missing',
    ]);
  });

  it('says where JSON breaks', () => {
    expect(texts('{\n "kind": x }', 'web.json')).toEqual([`web.json:2:10: Unexpected token 'x'`]);
    expect(texts('{"kind":', 'web.json')).toEqual(['web.json:1:9: Unexpected end of JSON input']);
    expect(texts(`{"kind": "Service",\n"long": "${'x'.repeat(100)}"\n"y": 1}`, 'web.json')[0]).toMatch(
      /^web\.json:3:1: Expected ',' or '}' after property value$/,
    );
  });

  it('does not follow aliases that multiply', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(',')}]`,
    );
    expect(texts(['l0: &l0 [x]', ...levels].join('\n'))).toEqual([
      'web.yaml:1: Excessive alias count indicates a resource exhaustion attack',
    ]);
  });

  it('fills in what the API server would', () => {
    const text = `${web}spec: { clusterIPs: ["198.51.100.1", "2001:db8::1"] }\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: x }\nports: [{ port: 80 }]`;
    const [service, slice] = parseManifest(text, 'web.yaml').objects.map((o) => o.object);
    expect(service).toMatchObject({ spec: { clusterIP: '198.51.100.1', ipFamilies: ['IPv4', 'IPv6'] } });
    expect(slice).toMatchObject({ ports: [{ name: '', port: 80 }] });
  });
});

it.each([
  ['x.json', '{"kind":"Service","apiVersion":"v1","metadata":{"name":"web"},"spec":DEEP}', 100_000],
  ['x.yaml', '{kind: Service, apiVersion: v1, metadata: {name: web}, spec: DEEP}', 100_000],
  ['x.yaml', '{kind: Service, apiVersion: v1, metadata: {name: web}, spec: DEEP}', 100],
  ['x.json', '{"kind":DEEP', 100_000],
  ['x.yaml', '{kind: DEEP', 100_000],
])('%s: what is nested without end is a problem, not the end', (file, text, depth) => {
  const deep = '['.repeat(depth) + ']'.repeat(depth);
  const { objects, problems } = parseManifest(text.replace('DEEP', deep), file);
  expect(objects).toEqual([]);
  expect(problems).toMatchObject([{ code: 'LBX_BAD_MANIFEST' }]);
});

it('names that every object of JavaScript has are names like any other', () => {
  const { objects } = parseManifest(
    '{"kind":"Service","apiVersion":"v1","metadata":{"name":"constructor","namespace":"__proto__"},"spec":{"__proto__":{"polluted":1}}}',
    'x.json',
  );
  expect(objects).toMatchObject([{ name: 'constructor', namespace: '__proto__' }]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

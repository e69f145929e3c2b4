import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpoint, service, slice } from '../../test/objects.ts';
import { lines, translatorOf, upsert } from '../../test/translating.ts';
import type { ObjectKind } from '../sources/source-event.ts';

describe('objects that are not as they should be', () => {
  it.each([
    [
      'Service',
      { metadata: { name: 'x' }, spec: 'none' },
      'Service default/x: spec: should be an object, is "none"',
    ],
    ['Service', { metadata: { name: 'x' } }, 'Service default/x: spec: is missing; the object is not used'],
    ['Service', service({ ports: 80 }), 'spec.ports: should be a list, is 80; the object is not used'],
    [
      'Service',
      service({ ports: [{ port: 70_000 }] }),
      'spec.ports[0].port: should be a number from 1 to 65535, is 70000',
    ],
    ['Service', service({ ports: [{}] }), 'spec.ports[0].port: is missing; this part is skipped'],
    ['Service', service({ externalIPs: ['nowhere'] }), 'spec.externalIPs: "nowhere" is no IP address'],
    [
      'Service',
      service({ loadBalancerSourceRanges: ['1.2.3.4/33'] }),
      'spec.loadBalancerSourceRanges: "1.2.3.4/33" is no prefix',
    ],
    [
      'Service',
      service({ clusterIP: 7 }),
      'spec.clusterIP: should be a string, is 7; the object is not used',
    ],
    ['EndpointSlice', slice([endpoint('::1')]), 'endpoints[0].addresses[0]: "::1" is no IPv4 address'],
    ['EndpointSlice', slice([{}]), 'endpoints[0].addresses[0]: has no address'],
    [
      'EndpointSlice',
      slice([endpoint('192.0.2.1', { conditions: { ready: 'yes' } })]),
      'endpoints[0].conditions.ready: should be true or false, is "yes"',
    ],
    ['EndpointSlice', { metadata: {}, addressType: 'IPv4' }, 'metadata.name: is missing'],
    ['EndpointSlice', null, 'metadata.name: is missing'],
  ] as [ObjectKind, object, string][])('%s %#: the problem names the field', (kind, object, message) => {
    const translator = translatorOf();
    translator.apply({ type: 'upsert', kind, object, origin: 'web.yaml:3' });
    const messages = translator
      .translate()
      .problems.map((problem) => problem.message.replace(' (web.yaml:3)', ''));
    expect(messages.join('\n')).toContain(message);
    expect(translator.translate().problems[0]?.message).toContain('(web.yaml:3)');
  });

  it('keep their last good state, and the problem goes when they are mended', () => {
    const translator = translatorOf(service(), slice([endpoint('192.0.2.50')]));
    const before = lines(translator);
    translator.apply(upsert(slice('broken' as never)));
    translator.apply(upsert(service({ ports: 'broken' })));
    expect(lines(translator)).toEqual(before);
    expect(translator.translate().problems).toHaveLength(2);
    translator.apply(upsert(service()));
    translator.apply(upsert(slice([endpoint('192.0.2.50')])));
    expect(translator.translate().problems).toEqual([]);
  });

  it('are limited in what they can cost', () => {
    const endpoints = Array.from({ length: 200_000 }, () => endpoint('bad'));
    const { problems } = translatorOf(service(), slice(endpoints)).translate();
    expect(problems).toHaveLength(21);
    expect(problems.map((problem) => problem.message).join('\n')).toContain(
      'has 200000 items; those beyond the first 10000',
    );
  });

  it('never make apply() throw, nor lose the other objects', () => {
    const keys = [
      'spec',
      'metadata',
      'status',
      'endpoints',
      'ports',
      'addressType',
      'name',
      'namespace',
      'labels',
    ];
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(
          null,
          undefined,
          Number.NaN,
          -1,
          1e300,
          '',
          'IPv4',
          '192.0.2.1',
          '::',
          'None',
          true,
          10n,
          Symbol('s'),
        ),
        fc.string(),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), tie('node'), { maxKeys: 5 }),
      ),
    })).node;
    const path = fc.constantFrom('spec', 'metadata', 'status', 'endpoints', 'ports', 'addressType');
    fc.assert(
      fc.property(
        fc.constantFrom<ObjectKind>('Service', 'EndpointSlice', 'Node'),
        path,
        value,
        value,
        (kind, field, part, whole) => {
          const translator = translatorOf(service(), slice([endpoint('192.0.2.50')]));
          const base =
            kind === 'Service'
              ? service({ clusterIP: '198.51.100.99' }, { name: 'bad' })
              : slice([], { name: 'bad' });
          for (const object of [{ ...base, [field]: part }, whole]) {
            translator.apply({ type: 'upsert', kind, object: object as object });
          }
          expect(lines(translator)).toContain('ClusterIP 198.51.100.10:80/TCP -> 192.0.2.50:8080');
        },
      ),
      { numRuns: 500 },
    );
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    );
    const translator = translatorOf(service());
    translator.apply({ type: 'upsert', kind: 'Service', object: hostile });
    expect(translator.translate().problems[0]?.message).toContain('cannot be read: no');
  });
});

import { dump, parseDump, parseServiceSpec } from '@lbx/maps';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expectNoPollution, fuzz, fuzzMs, mutated, nastyText, nastyValue, orRefuse } from './fuzz.ts';

const lines = [
  'lb4_services_v2 198.51.100.1:80/TCP ext slot=0 => alg=maglev affinity=10800 count=2 qcount=2 flags=affinity|LoadBalancer|routable rev=1',
  'lb4_services_v2 198.51.100.1:80/TCP ext slot=2 => backend=2 flags=affinity|LoadBalancer|routable rev=1',
  'lb6_backends_v3 id=1 => [2001:db8::1]:8080/UDP active cluster=258',
  'lb4_source_range rev=6 192.0.2.128/25 => -',
  'lb_affinity_match rev=1 backend=2 => -',
  'lb4_affinity clientIp=203.0.113.7 revNatId=3 netnsCookie=0 => lastUsed=1994 backendId=6001',
  'lb4_maglev rev=1 => m=2 share=1:2 table=AQAAAAEAAAA=',
];

it('a dump that somebody edited is read, and written the same again, or its line is refused', {
  timeout: fuzzMs,
}, () => {
  fuzz(mutated([...lines, lines.join('\n')]), (text) => {
    const entries = orRefuse(() => parseDump(text), /^LBX_DUMP_SYNTAX$/);
    if (entries !== undefined) expect(dump(parseDump(dump(entries)))).toEqual(dump(entries));
  });
});

const spec = fc.record(
  {
    name: fc.oneof(fc.constant('shop/web'), nastyText),
    frontends: fc.oneof(
      fc.array(
        fc.oneof(mutated(['198.51.100.1:80/TCP', '[2001:db8::1]:53/UDP', '0.0.0.0:30080/TCP']), nastyValue),
        { maxLength: 3 },
      ),
      nastyValue,
    ),
    backends: fc.oneof(
      fc.array(fc.oneof(mutated(['192.0.2.10:8080', '[2001:db8::9]:1']), nastyValue), { maxLength: 3 }),
      nastyValue,
    ),
    algorithm: nastyValue,
    mode: nastyValue,
    sourceRanges: nastyValue,
    affinitySeconds: nastyValue,
  },
  { requiredKeys: ['name', 'frontends', 'backends'] },
);
const place = fc.record({
  address: nastyText,
  port: nastyValue,
  protocol: nastyText,
  type: nastyText,
  scope: nastyText,
  state: nastyText,
  zone: nastyText,
});

it('a service of any shape is read, or refused with service and field', { timeout: fuzzMs }, () => {
  const any = fc.oneof(
    nastyValue,
    spec,
    fc
      .tuple(spec, place, place)
      .map(([given, frontend, backend]) => ({ ...given, frontends: [frontend], backends: [backend] })),
    fc.tuple(place, place).map(([frontend, backend]) => ({
      name: 'web',
      frontends: [{ ...frontend, address: '198.51.100.1', port: 80 }],
      backends: [{ ...backend, address: '192.0.2.1', port: 80 }],
    })),
  );
  fuzz(any, (value) => {
    const service = orRefuse(
      () => parseServiceSpec(value, { zones: { a: 1 } }),
      /^LBX_SERVICE_|^LBX_FIELD|^LBX_ADDRESS/,
    );
    expectNoPollution();
    if (service === undefined) return;
    for (const { zone = 0 } of service.backends as readonly { zone?: unknown }[])
      expect(zone).toBeTypeOf('number');
  });
});

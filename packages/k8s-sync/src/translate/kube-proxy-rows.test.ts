import { describe, expect, it } from 'vitest';
import { endpoint, service, slice } from '../../test/objects.ts';
import { lines, problems, translatorOf, translatorWith, upsert } from '../../test/translating.ts';

/** What kube-proxy does and no case of the vectors is named after. */
describe('as kube-proxy', () => {
  it('a Service without ipFamilies is of the family of its clusterIP alone', () => {
    const six = service({ clusterIP: '2001:db8::10', clusterIPs: ['2001:db8::10', '198.51.100.10'] });
    const slices = [
      slice([endpoint('192.0.2.50')]),
      slice([endpoint('2001:db8::50')], { name: 'web-2' }, { addressType: 'IPv6' }),
    ];
    expect(lines(translatorOf(six, ...slices))).toEqual([
      'ClusterIP 2001:db8::10:80/TCP -> 2001:db8::50:8080',
    ]);
  });

  it.each([
    ['the headless label', { 'kubernetes.io/service-name': 'web', 'service.kubernetes.io/headless': '' }],
    ['no name of a Service', {}],
    ['an empty name of a Service', { 'kubernetes.io/service-name': '' }],
  ])('a slice that gets %s is gone, and comes back without it', (_, labels) => {
    const translator = translatorOf(service(), slice([endpoint('192.0.2.50')]));
    translator.apply(upsert(slice([endpoint('192.0.2.50')], { labels })));
    expect(lines(translator)).toEqual(['ClusterIP 198.51.100.10:80/TCP -> ']);
    translator.apply(upsert(slice([endpoint('192.0.2.50')])));
    expect(lines(translator)).toEqual(['ClusterIP 198.51.100.10:80/TCP -> 192.0.2.50:8080']);
  });

  it('neither spec.trafficDistribution nor the topology annotations choose endpoints, only hints do', () => {
    const annotations = {
      'service.kubernetes.io/topology-mode': 'Auto',
      'service.kubernetes.io/topology-aware-hints': 'auto',
    };
    const zones = [endpoint('192.0.2.50', { zone: 'a' }), endpoint('192.0.2.51', { zone: 'b' })];
    const nodeLabels = { 'topology.kubernetes.io/zone': 'a' };
    const translator = translatorWith(
      { nodeLabels },
      service({ trafficDistribution: 'PreferSameZone' }, { annotations }),
      slice(zones),
    );
    expect(lines(translator)[0]).toContain('192.0.2.50:8080 192.0.2.51:8080');
    const hints = (zone: string) => ({ hints: { forZones: [{ name: zone }] } });
    translator.apply(
      upsert(service({}, { annotations: { 'service.kubernetes.io/topology-mode': 'Disabled' } })),
    );
    translator.apply(upsert(slice([endpoint('192.0.2.50', hints('a')), endpoint('192.0.2.51', hints('b'))])));
    expect(lines(translator)).toEqual([
      'ClusterIP 198.51.100.10:80/TCP -> 192.0.2.50:8080 192.0.2.51:8080(standby)',
    ]);
  });

  it('a hint for the zone "" is one for nodes without a zone', () => {
    const hint = (name: string) => ({ hints: { forZones: [{ name }] } });
    const objects = [service(), slice([endpoint('192.0.2.50', hint('')), endpoint('192.0.2.51', hint('a'))])];
    const cluster = (nodeLabels: Record<string, string>) =>
      translatorWith({ nodeLabels }, ...objects)
        .servicePorts()[0]!
        .cluster.map(({ address }) => address);
    expect(cluster({})).toEqual(['192.0.2.50']);
    expect(cluster({ 'topology.kubernetes.io/zone': 'a' })).toEqual(['192.0.2.51']);
    expect(cluster({ 'topology.kubernetes.io/zone': 'b' })).toEqual(['192.0.2.50', '192.0.2.51']);
  });

  it('with ipFamilies the cluster IPs are those at the same place of clusterIPs, and no other', () => {
    const families = ['IPv4', 'IPv6'];
    const addresses = (clusterIPs?: string[]) =>
      translatorOf(service({ ipFamilies: families, clusterIPs }))
        .translate()
        .frontends.map(({ address }) => address);
    expect(addresses(['198.51.100.10', '2001:db8::10'])).toEqual(['198.51.100.10', '2001:db8::10']);
    expect(addresses(['198.51.100.10'])).toEqual(['198.51.100.10']);
    expect(addresses()).toEqual([]);
  });

  it('external IPs turn externalTrafficPolicy Local on, also those that cannot be read', () => {
    const isLocal = (externalIPs: string[]) =>
      translatorOf(service({ externalIPs, externalTrafficPolicy: 'Local' })).servicePorts()[0]!.servicePort
        .externalPolicyLocal;
    expect([isLocal([]), isLocal(['nowhere']), isLocal(['2001:db8::5'])]).toEqual([false, true, true]);
  });

  it('an address that is named twice is listed twice and served once', () => {
    const twice = service(
      { externalIPs: ['203.0.113.5', '203.0.113.5'] },
      {},
      { loadBalancer: { ingress: [{ ip: '203.0.113.9' }, { ip: '203.0.113.009' }] } },
    );
    const translator = translatorOf(twice);
    const { externalIPs, loadBalancerVIPs } = translator.servicePorts()[0]!.servicePort;
    expect([externalIPs, loadBalancerVIPs]).toEqual([
      ['203.0.113.5', '203.0.113.5'],
      ['203.0.113.9', '203.0.113.9'],
    ]);
    expect(lines(translator)).toEqual([
      'ClusterIP 198.51.100.10:80/TCP -> ',
      'ExternalIP 203.0.113.5:80/TCP -> ',
      'LoadBalancer 203.0.113.9:80/TCP -> ',
    ]);
  });

  it('a nodePort counts whatever the type, an ingress only by its address', () => {
    const odd = service(
      { type: 'ClusterIP', ports: [{ name: 'http', port: 80, nodePort: 30_080 }] },
      {},
      { loadBalancer: { ingress: [{ hostname: 'lb.example.com' }, { ip: '203.0.113.9', ipMode: 'VIP' }] } },
    );
    expect(lines(translatorOf(odd))).toEqual([
      'ClusterIP 198.51.100.10:80/TCP -> ',
      'NodePort 0.0.0.0:30080/TCP -> ',
      'LoadBalancer 203.0.113.9:80/TCP -> ',
    ]);
  });

  it('external IPs can be switched off altogether', () => {
    const external = service({ externalIPs: ['203.0.113.5', '2001:db8::5'], externalTrafficPolicy: 'Local' });
    expect(lines(translatorWith({ externalIPs: false }, external))).toEqual([
      'ClusterIP 198.51.100.10:80/TCP -> ',
    ]);
    expect(lines(translatorWith({ externalIPs: true }, external))).toHaveLength(3);
  });

  it('bad external IPs, ingress addresses and ranges are passed over, and said', () => {
    const bad = service(
      { externalIPs: ['x', '203.0.113.5'], loadBalancerSourceRanges: ['y', ' 203.0.113.0/24 '] },
      {},
      { loadBalancer: { ingress: [{ ip: 'z' }, { ip: '203.0.113.9' }] } },
    );
    const translator = translatorOf(bad);
    expect(translator.translate().frontends.map((f) => [f.address, f.sourceRanges])).toEqual([
      ['198.51.100.10', undefined],
      ['203.0.113.5', undefined],
      ['203.0.113.9', ['203.0.113.0/24']],
    ]);
    expect(problems(translator).map((text) => text.split(': ').at(-1))).toEqual([
      '"x" is no IP address; this part is skipped',
      '"z" is no IP address; this part is skipped',
      '"y" is no prefix such as "192.0.2.0/24"; this part is skipped',
    ]);
  });
});

import { expect, it } from 'vitest';
import { endpoint, service, slice } from '../../test/objects.ts';
import { translatorWith } from '../../test/translating.ts';

const objects = [undefined, 'example.com/a', 'example.com/b'].map((loadBalancerClass, i) =>
  service(
    {
      type: 'LoadBalancer',
      clusterIP: `198.51.100.1${i}`,
      externalIPs: [`203.0.113.2${i}`],
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 31000 + i,
      ports: [{ name: 'http', port: 80, nodePort: 30080 + i }],
      ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    },
    { name: `web-${i}` },
    { loadBalancer: { ingress: [{ ip: `203.0.113.1${i}` }] } },
  ),
);
const endpoints = slice([endpoint('192.0.2.50', { nodeName: 'node-a' })], {
  labels: { 'kubernetes.io/service-name': 'web-2' },
});

it.each([
  ['like kube-proxy all of them', undefined, ['web-0', 'web-1', 'web-2']],
  ['only those of the classes asked for', ['example.com/a'], ['web-1']],
  ['those without a class as ""', ['', 'example.com/b'], ['web-0', 'web-2']],
  ['none', [], []],
])('serves load balancer VIPs: %s', (_, loadBalancerClasses, names) => {
  const options = loadBalancerClasses === undefined ? {} : { loadBalancerClasses };
  const translator = translatorWith(options, ...objects, endpoints);
  const { frontends } = translator.translate();
  const of = (type: string) => [
    ...new Set(frontends.filter((f) => f.type === type).map((f) => f.service.replace('default/', ''))),
  ];
  expect(of('LoadBalancer')).toEqual(names);
  const all = ['web-0', 'web-1', 'web-2'];
  expect([of('ClusterIP'), of('NodePort'), of('ExternalIP')]).toEqual([all, all, all]);
  expect(translator.healthChecks().map((check) => [check.port, check.localEndpoints])).toEqual([
    [31000, 0],
    [31001, 0],
    [31002, 1],
  ]);
});

it('names the class in the frontends, for what depends on it', () => {
  const { frontends } = translatorWith({}, ...objects).translate();
  const classes = frontends.filter((f) => f.type === 'LoadBalancer' && f.scope === 'external');
  expect(classes.map((f) => f.loadBalancerClass)).toEqual([undefined, 'example.com/a', 'example.com/b']);
});

it("leaves out a class that was asked for: the address is nobody else's", () => {
  const { frontends } = translatorWith({ loadBalancerClasses: ['example.com/a'] }, ...objects).translate();
  const served = frontends.filter((f) => f.type === 'LoadBalancer' && f.scope === 'external');
  expect(served.map((f) => [f.service, f.loadBalancerClass])).toEqual([['default/web-1', undefined]]);
});

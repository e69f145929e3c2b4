import { expect, it } from 'vitest';
import { service } from '../../test/objects.ts';
import { translatorOf } from '../../test/translating.ts';

const ranged = (...ranges: string[]) =>
  service(
    { type: 'LoadBalancer', externalIPs: ['203.0.113.5'], loadBalancerSourceRanges: ranges },
    {},
    { loadBalancer: { ingress: [{ ip: '203.0.113.9' }, { ip: '203.0.113.7' }] } },
  );

/** The ranges of each address that has some, and how many Services the last change touched. */
function rangesOf(translator: ReturnType<typeof translatorOf>) {
  const { frontends, changed } = translator.translate();
  return {
    ranges: frontends.flatMap((f) => (f.sourceRanges === undefined ? [] : [[f.address, ...f.sourceRanges]])),
    changed: changed.length,
  };
}

it('lets a load balancer VIP in as source where its ranges hold the own address of the node', () => {
  const inside = [
    ['203.0.113.9', '192.0.2.0/24', '203.0.113.9/32'],
    ['203.0.113.7', '192.0.2.0/24', '203.0.113.7/32'],
  ];
  const outside = inside.map((ranges) => ranges.slice(0, 2));
  const translator = translatorOf(ranged('192.0.2.0/24'));
  expect(rangesOf(translator)).toEqual({ ranges: inside, changed: 1 });
  translator.setNodeIPs(['198.51.100.7', '192.0.2.1']);
  expect(rangesOf(translator)).toEqual({ ranges: outside, changed: 1 });
  translator.setNodeIPs(['198.51.100.7']);
  expect(rangesOf(translator)).toEqual({ ranges: outside, changed: 0 });
  translator.setNodeIPs([]);
  expect(rangesOf(translator).changed).toBe(0);
});

it('takes the loopback address for that of a node without one', () => {
  const translator = translatorOf(ranged('127.0.0.0/8'));
  expect(rangesOf(translator).ranges).toEqual([
    ['203.0.113.9', '127.0.0.0/8'],
    ['203.0.113.7', '127.0.0.0/8'],
  ]);
  translator.setNodeIPs(['2001:db8::1']);
  expect(rangesOf(translator).ranges[0]).toEqual(['203.0.113.9', '127.0.0.0/8', '203.0.113.9/32']);
});

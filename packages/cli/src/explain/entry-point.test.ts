import { expect, it } from 'vitest';
import { entryDoubts } from './entry-point.ts';

const own = '192.0.2.1';
const node = { links: ['xdp_eth0', 'cgroup_connect4'], addresses: [own] };

it.each([
  ['outside', '203.0.113.9', node, []],
  ['outside', own, node, [/192\.0\.2\.1 is an address of this node: .*--via node/]],
  [
    'outside',
    '203.0.113.9',
    { ...node, links: ['cgroup_connect4'] },
    [/--device\): packets from outside are not/],
  ],
  ['pod', '203.0.113.9', node, [/--pod-device/]],
  ['node', own, node, []],
  ['node', '127.0.0.1', { ...node, links: [] }, [/sockets of this node are not/]],
  ['node', '203.0.113.9', node, [/no address of this node/]],
  // Of dumps and manifests nothing is known.
  ['pod', own, {}, []],
] as const)('via %s, by %s', (via, client, facts, doubts) => {
  const found = entryDoubts(via, client, facts);
  expect(found).toHaveLength(doubts.length);
  for (const [i, doubt] of doubts.entries()) expect(found[i]?.text).toMatch(doubt);
});

import { createIds, project } from '@lbx/maps';
import { describe, expect, it } from 'vitest';
import { endpoint, pod, service, slice } from '../../test/objects.ts';
import { lines, translatorWith } from '../../test/translating.ts';

const nodePort = (name: string, port: number, spec: object = {}) =>
  service(
    {
      type: 'NodePort',
      clusterIP: `198.51.100.${port % 100}`,
      ports: [{ port: 80, nodePort: port }],
      ...spec,
    },
    { name },
  );
const dual = nodePort('dual', 30082, {
  ipFamilies: ['IPv4', 'IPv6'],
  clusterIPs: ['198.51.100.82', '2001:db8::82'],
});
const plain = service({}, { name: 'plain' });
const objects = [nodePort('one', 30080), dual, plain];
const nodeIPs = ['192.0.2.1', '192.0.2.2', '203.0.113.1', '2001:db8::1', '2001:db8::2'];

const places = (translator: ReturnType<typeof translatorWith>) =>
  lines(translator)
    .filter((text) => text.startsWith('NodePort'))
    .map((text) => text.split(' ')[1]!.replace('/TCP', ''));

describe('NodePorts are served', () => {
  it.each([
    ['on all addresses', undefined, ['0.0.0.0:30082', ':::30082', '0.0.0.0:30080']],
    [
      'on the primary address of each family',
      ['primary'],
      ['192.0.2.1:30082', '2001:db8::1:30082', '192.0.2.1:30080'],
    ],
    [
      'in prefixes, on all of a family without one',
      ['192.0.2.2/31', '203.0.113.0/24'],
      ['192.0.2.2:30082', '203.0.113.1:30082', ':::30082', '192.0.2.2:30080', '203.0.113.1:30080'],
    ],
    [
      'on all for a prefix of length 0',
      ['0.0.0.0/0', '2001:db8::2/128'],
      ['0.0.0.0:30082', '2001:db8::2:30082', '0.0.0.0:30080'],
    ],
    ['nowhere if no address matches', ['198.51.100.0/24', '2001:db8:1::/64'], []],
    [
      'on loopback if a prefix says so',
      ['127.0.0.0/8', '2001:db8:1::/64'],
      ['127.0.0.1:30082', '127.0.0.1:30080'],
    ],
    ['never on ::1', ['198.51.100.0/24', '::1/128'], []],
  ])('%s', (_, nodePortAddresses, expected) => {
    const options = { nodeIPs, ...(nodePortAddresses === undefined ? {} : { nodePortAddresses }) };
    expect(places(translatorWith(options, ...objects))).toEqual(expected);
  });

  it('once on an address that two interfaces have', () => {
    const twice = ['192.0.2.1', '192.0.2.1'];
    const translator = translatorWith({ nodeIPs: twice, nodePortAddresses: ['primary'] }, ...objects);
    expect(translator.nodePortAddresses('IPv4').addresses).toEqual(['192.0.2.1']);
    expect(places(translator)).toContain('192.0.2.1:30080');
    expect(translator.translate().nodeAddresses).toEqual(['192.0.2.1']);
  });
});

describe('addresses of the node that come and go', () => {
  it('change no Service as long as all of them serve NodePorts', () => {
    const translator = translatorWith({ nodeIPs: ['192.0.2.1'] }, ...objects);
    translator.translate();
    const { computed } = translator.work();
    translator.setNodeIPs(nodeIPs);
    expect(translator.translate()).toMatchObject({ changed: [], nodeAddresses: nodeIPs });
    expect(translator.work().computed).toBe(computed);
  });

  it('change exactly the Services with NodePorts, and only those frontends', () => {
    const slices = [
      slice(
        [endpoint('192.0.2.50')],
        { labels: { 'kubernetes.io/service-name': 'one' } },
        { ports: [{ name: '', port: 8080 }] },
      ),
    ];
    const translator = translatorWith(
      { nodeIPs: ['192.0.2.1', '2001:db8::1'], nodePortAddresses: ['192.0.2.0/24', '2001:db8::/64'] },
      ...objects,
      ...slices,
    );
    const before = translator.translate();
    const { computed } = translator.work();
    translator.setNodeIPs(['192.0.2.1', '2001:db8::1', '192.0.2.9']);
    const added = translator.translate();
    expect(added.changed).toEqual(['default/dual', 'default/one']);
    expect(places(translator)).toEqual([
      '192.0.2.1:30082',
      '192.0.2.9:30082',
      '2001:db8::1:30082',
      '192.0.2.1:30080',
      '192.0.2.9:30080',
    ]);
    const kept = added.frontends.filter((frontend) => before.frontends.includes(frontend));
    expect(kept).toEqual(before.frontends);
    const ofOne = added.frontends.filter((frontend) => frontend.service === 'default/one');
    expect(new Set(ofOne.map((frontend) => frontend.backends)).size).toBe(1);
    translator.setNodeIPs(['192.0.2.9', '203.0.113.7', '2001:db8::1']);
    expect(places(translator)).toEqual(['192.0.2.9:30082', '2001:db8::1:30082', '192.0.2.9:30080']);
    translator.setNodeIPs(['192.0.2.9', '2001:db8::1']);
    expect(translator.translateChanges().size).toBe(0);
    // Nothing about endpoints was worked out again.
    expect(translator.work().computed).toBe(computed);
  });

  it('are taken from the Node where no others are given, and stay when its object goes', () => {
    const node = (address: string) => ({
      kind: 'Node',
      metadata: { name: 'node-a' },
      status: { addresses: [{ type: 'InternalIP', address }] },
    });
    const { nodeIPs: _, ...options } = { nodeName: 'node-a', nodePortAddresses: ['primary'], nodeIPs: [] };
    const translator = translatorWith({ ...options, nodeIPs: undefined as never }, nodePort('one', 30080));
    expect(places(translator)).toEqual(['0.0.0.0:30080']);
    translator.apply({ type: 'upsert', kind: 'Node', object: node('192.0.2.7') });
    expect(places(translator)).toEqual(['192.0.2.7:30080']);
    translator.apply({ type: 'delete', kind: 'Node', namespace: '', name: 'node-a' });
    expect(places(translator)).toEqual(['192.0.2.7:30080']);
  });
});

it('the plan for them has an entry for each address, and none is refused', () => {
  const options = { nodeIPs, nodePortAddresses: ['192.0.2.2/32', '127.0.0.0/8', '2001:db8::2/128'] };
  const translator = translatorWith(options, dual, pod([{ containerPort: 80, hostPort: 8080 }]));
  const { frontends, nodeAddresses } = translator.translate();
  const projection = project(frontends, { nodeAddresses }, createIds());
  expect(projection.refused).toEqual([]);
  expect([...projection.frontends.keys()].sort()).toEqual(
    [
      ...['127.0.0.1:30082/TCP', '192.0.2.2:30082/TCP', '[2001:db8::2]:30082/TCP'],
      ...['0.0.0.0', '127.0.0.1', '192.0.2.1', '192.0.2.2', '203.0.113.1'].map(
        (address) => `${address}:8080/TCP`,
      ),
      ...['198.51.100.82:80/TCP', '[2001:db8::82]:80/TCP'],
    ].sort(),
  );
});

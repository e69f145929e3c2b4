import { describe, expect, it } from 'vitest';
import { pod, service } from '../../test/objects.ts';
import {
  deletion,
  line,
  lines,
  problems,
  translatorOf,
  translatorWith,
  upsert,
} from '../../test/translating.ts';

const web = { containerPort: 80, hostPort: 8080 };
const dual = { podIPs: [{ ip: '192.0.2.50' }, { ip: '2001:db8::50' }] };
const everywhere = [
  'HostPort 0.0.0.0:8080/TCP -> 192.0.2.50:80',
  'HostPort 127.0.0.1:8080/TCP -> 192.0.2.50:80',
];

describe('a host port', () => {
  it.each([
    ['no hostIP', [web], everywhere],
    ['an empty hostIP', [{ ...web, hostIP: '' }], everywhere],
    ['0.0.0.0', [{ ...web, hostIP: '0.0.0.0' }], everywhere],
    [
      'an address of the node',
      [{ ...web, hostIP: '192.0.2.1' }],
      ['HostPort 192.0.2.1:8080/TCP -> 192.0.2.50:80'],
    ],
    ['127.0.0.1', [{ ...web, hostIP: '127.0.0.1' }], ['HostPort 127.0.0.1:8080/TCP -> 192.0.2.50:80']],
    ['the other family', [{ ...web, hostIP: '::' }], []],
    [
      'UDP and SCTP on the same port',
      [
        { ...web, hostIP: '192.0.2.1', protocol: 'UDP' },
        { ...web, hostIP: '192.0.2.1', protocol: 'SCTP' },
      ],
      ['HostPort 192.0.2.1:8080/UDP -> 192.0.2.50:80', 'HostPort 192.0.2.1:8080/SCTP -> 192.0.2.50:80'],
    ],
    ['no hostPort', [{ containerPort: 80 }, { containerPort: 81, hostPort: 0 }], []],
  ])('with %s', (_, ports, expected) => {
    const translator = translatorOf(pod(ports));
    expect(lines(translator)).toEqual(expected);
    expect(problems(translator)).toEqual([]);
  });

  it('goes to the address of its own family', () => {
    const addresses = [undefined, '::', '::1', '2001:db8::1'];
    const ports = addresses.map((hostIP, i) => ({ containerPort: 80, hostPort: 8080 + i, hostIP }));
    const translator = translatorOf(pod(ports, {}, {}, dual));
    expect(lines(translator)).toEqual([
      'HostPort 0.0.0.0:8080/TCP -> 192.0.2.50:80',
      'HostPort 127.0.0.1:8080/TCP -> 192.0.2.50:80',
      'HostPort :::8080/TCP -> 2001:db8::50:80',
      'HostPort :::8081/TCP -> 2001:db8::50:80',
      'HostPort ::1:8082/TCP -> 2001:db8::50:80',
      'HostPort 2001:db8::1:8083/TCP -> 2001:db8::50:80',
    ]);
    const { frontends } = translator.translate();
    expect(frontends.filter((f) => f.loopbackHostPort).map((f) => f.address)).toEqual(['127.0.0.1', '::1']);
    expect(new Set(frontends.map((f) => f.service))).toEqual(new Set(['Pod default/web']));
    expect(frontends.every((f) => f.backends[0]?.node === 'local')).toBe(true);
  });
});

describe('a Pod', () => {
  const sidecar = [{ restartPolicy: 'Always', ports: [web] }];
  it.each([
    ['on another node', pod([web], {}, { nodeName: 'node-b' }), 0],
    ["on the node's own network", pod([web], {}, { hostNetwork: true }), 0],
    ['without an address', pod([web], {}, {}, { podIPs: [] }), 0],
    ['with the old field for its address', pod([web], {}, {}, { podIPs: null, podIP: '192.0.2.50' }), 2],
    ['that waits for its init containers', pod([web], {}, {}, { phase: 'Pending' }), 2],
    ['that succeeded', pod([web], {}, {}, { phase: 'Succeeded' }), 0],
    ['that failed', pod([web], {}, {}, { phase: 'Failed' }), 0],
    ['that is being deleted', pod([web], { deletionTimestamp: '2026-01-01T00:00:00Z' }), 2],
    ['with a sidecar', pod([], {}, { initContainers: sidecar }), 2],
    ['with another init container', pod([], {}, { initContainers: [{ ports: [web] }] }), 0],
  ])('%s', (_, object, count) => {
    const translator = translatorOf(object);
    expect(lines(translator)).toHaveLength(count);
    expect(problems(translator)).toEqual([]);
    translator.apply(deletion(object));
    expect(lines(translator)).toEqual([]);
  });

  it('of a translator without a node name never counts', () => {
    expect(lines(translatorWith({ nodeName: '' }, pod([web], {}, { nodeName: '' })))).toEqual([]);
  });

  it.each([
    [pod('none' as never), 'Pod default/web: spec.containers[0].ports: should be a list, is "none"'],
    [pod([], {}, { containers: 7 }), 'spec.containers: should be a list, is 7; the object is not used'],
    [{ kind: 'Pod', metadata: { name: 'web' } }, 'spec: is missing; the object is not used'],
    [pod([{ hostPort: 70_000, containerPort: 80 }]), 'ports[0].hostPort: should be a number from 1 to 65535'],
    [pod([{ hostPort: 80 }]), 'ports[0].containerPort: is missing; this part is skipped'],
    [pod([{ ...web, hostIP: 'here' }]), 'ports[0].hostIP: "here" is no IP address'],
    [pod([{ ...web, protocol: 'ICMP' }]), 'ports[0].protocol: should be TCP or UDP or SCTP'],
    [pod([web, web]), 'ports[1].hostPort: 8080 is there twice'],
    [pod([web], {}, {}, { podIPs: [{ ip: 'x' }] }), 'status.podIPs: "x" is no IP address'],
  ])('that is not as it should be %#', (object, message) => {
    const translator = translatorOf(object);
    expect(problems(translator).join('\n')).toContain(message);
    translator.apply(upsert(pod([web])));
    expect(lines(translator)).toEqual(everywhere);
    expect(problems(translator)).toEqual([]);
  });
});

describe('a port that two Pods want', () => {
  const first = pod([web], { name: 'first', uid: '1', creationTimestamp: '2026-01-01T00:00:00Z' });
  const second = pod(
    [web],
    { name: 'second', uid: '2', creationTimestamp: '2026-01-02T00:00:00Z' },
    {},
    { podIPs: [{ ip: '192.0.2.60' }] },
  );
  const owners = (translator: ReturnType<typeof translatorOf>) => [
    ...new Set(translator.translate().frontends.map((f) => f.service)),
  ];

  it.each([
    ['in order', [first, second]],
    ['the other way round', [second, first]],
  ])('is kept by the older one and taken over when that goes, %s', (_, objects) => {
    const translator = translatorOf(...objects);
    expect(owners(translator)).toEqual(['Pod default/first']);
    expect(problems(translator)).toEqual([
      'Pod default/first and Pod default/second both claim 0.0.0.0:8080/TCP: Pod default/first has it; give one of them another address or port',
    ]);
    translator.apply(deletion(first));
    expect([...translator.translateChanges()].map(([key, fs]) => [key, fs.map(line)])).toEqual([
      ['Pod default/first', []],
      [
        'Pod default/second',
        ['HostPort 0.0.0.0:8080/TCP -> 192.0.2.60:80', 'HostPort 127.0.0.1:8080/TCP -> 192.0.2.60:80'],
      ],
    ]);
    expect(problems(translator)).toEqual([]);
    translator.apply(upsert(first));
    expect(owners(translator)).toEqual(['Pod default/first']);
  });

  it('goes at once to the younger one when the older one is being deleted or has ended', () => {
    for (const ending of [{ deletionTimestamp: '2026-01-03T00:00:00Z' }, {}]) {
      const translator = translatorOf(first, second);
      const metadata = { name: 'first', uid: '1', creationTimestamp: '2026-01-01T00:00:00Z', ...ending };
      const status = 'deletionTimestamp' in ending ? {} : { phase: 'Succeeded' };
      translator.apply(upsert(pod([web], metadata, {}, status)));
      expect(owners(translator)).toEqual(['Pod default/second']);
      expect(problems(translator)).toEqual([]);
      translator.apply(deletion(second));
      expect(owners(translator)).toEqual('deletionTimestamp' in ending ? ['Pod default/first'] : []);
    }
  });

  it('follows a Pod of the same name that was made anew', () => {
    const again = (creationTimestamp: string) =>
      pod([web], { name: 'first', uid: '3', creationTimestamp }, {}, { podIPs: [{ ip: '192.0.2.70' }] });
    // Its deletion was told before, or is only to be seen by the other UID.
    for (const told of [true, false]) {
      const translator = translatorOf(first, second);
      if (told) translator.apply(deletion(first));
      translator.apply(upsert(again('2026-01-03T00:00:00Z')));
      expect(owners(translator)).toEqual(['Pod default/second']);
      translator.apply(deletion(second));
      expect(lines(translator)[0]).toBe('HostPort 0.0.0.0:8080/TCP -> 192.0.2.70:80');
      translator.apply(deletion(again('')));
      expect(lines(translator)).toEqual([]);
      expect(problems(translator)).toEqual([]);
    }
  });

  it('is shared by address: each has its own, all others go to the one that wants them all', () => {
    const here = (name: string, hostIP: string) =>
      pod([{ ...web, hostIP }], { name, creationTimestamp: name });
    const translator = translatorOf(here('1', '192.0.2.1'), here('2', '192.0.2.2'), here('3', '0.0.0.0'));
    expect(lines(translator)).toEqual([
      'HostPort 192.0.2.1:8080/TCP -> 192.0.2.50:80',
      'HostPort 192.0.2.2:8080/TCP -> 192.0.2.50:80',
      ...everywhere,
    ]);
    expect(problems(translator)).toEqual([]);
    translator.apply(upsert(here('0', '0.0.0.0')));
    expect(owners(translator)).toEqual(['Pod default/0']);
    expect(problems(translator).map((text) => text.slice(0, 60))).toEqual([
      'Pod default/0 and Pod default/3 both claim 0.0.0.0:8080/TCP:',
      'Pod default/0 and Pod default/1 both claim 192.0.2.1:8080/TC',
      'Pod default/0 and Pod default/2 both claim 192.0.2.2:8080/TC',
    ]);
    translator.apply(deletion(here('0', '')));
    expect(owners(translator)).toEqual(['Pod default/1', 'Pod default/2', 'Pod default/3']);
  });
});

describe('a port that a Service has', () => {
  const nodePort = service(
    { type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30080 }] },
    { creationTimestamp: '2026-01-01T00:00:00Z' },
  );
  const taken = { containerPort: 80, hostPort: 30080 };

  it.each([
    ['on all addresses', undefined],
    ['on one address', '192.0.2.1'],
    ['on loopback', '127.0.0.1'],
  ])('is not given to a Pod, whatever their age: NodePort against host port %s', (_, hostIP) => {
    const wanting = pod([{ ...taken, hostIP }], { creationTimestamp: '2020-01-01T00:00:00Z' });
    for (const objects of [
      [nodePort, wanting],
      [wanting, nodePort],
    ]) {
      const translator = translatorOf(...objects);
      expect(translator.translate().frontends.map((f) => f.type)).toEqual(['ClusterIP', 'NodePort']);
      expect(problems(translator)).toHaveLength(1);
      expect(problems(translator)[0]).toContain('default/web and Pod default/web both claim');
      translator.apply(deletion(nodePort));
      expect(translator.translate().frontends.length).toBeGreaterThan(0);
      expect(problems(translator)).toEqual([]);
    }
  });

  it('is left to a Pod on the addresses that do not serve NodePorts', () => {
    const translator = translatorWith(
      { nodeIPs: ['192.0.2.1', '192.0.2.2'], nodePortAddresses: ['primary'] },
      nodePort,
      pod([{ ...taken, hostIP: '192.0.2.2' }]),
    );
    expect(lines(translator)).toEqual([
      'HostPort 192.0.2.2:30080/TCP -> 192.0.2.50:80',
      'ClusterIP 198.51.100.10:80/TCP -> ',
      'NodePort 192.0.2.1:30080/TCP -> ',
    ]);
    expect(problems(translator)).toEqual([]);
  });
});

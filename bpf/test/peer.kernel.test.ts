// Clients outside reach pods of the node past its network stack: real sockets, and netfilter as clusters have it.
import { readFileSync } from 'node:fs';
import { FlowDirection, FlowFlag, type Frontend, flowCatalog } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { askEcho, serveEcho } from './echo.ts';
import { flowTableKind, openFlowMap, otherFlowTable } from './flow-map.ts';
import { createPodLab, type PodLab, pods } from './pod-lab.ts';
import { families } from './xdp-lab.ts';
import { enterNetns } from './xdp-netns.ts';

const protocols = ['TCP', 'UDP'] as const;

describe.each(families)('IPv%i', (family) => {
  const at = pods[family];
  let lab: PodLab;
  beforeAll(async () => {
    lab = createPodLab(family, { lbx_redirect: 2 }, { clients: true });
    await serveEcho(lab.b, at.b, 8080);
  });
  afterAll(() => lab?.[Symbol.dispose]());

  /** Packets that the node's stack has forwarded. */
  const forwarded = () => {
    using _node = enterNetns(lab.node);
    if (family === 6)
      return Number(
        /Ip6OutForwDatagrams\s+(\d+)/.exec(readFileSync('/proc/thread-self/net/snmp6', 'utf8'))?.[1],
      );
    const [names, values] = readFileSync('/proc/thread-self/net/snmp', 'utf8').split('\n') as [
      string,
      string,
    ];
    return Number(values.split(' ')[names.split(' ').indexOf('ForwDatagrams')]);
  };
  /** Services whose port says which test they are for: no flow of another is found again. */
  const serve = (port: number, backendPort = 8080) => {
    lab.apply(
      protocols.map(
        (protocol): Frontend => ({
          service: `test/${protocol}`,
          type: 'LoadBalancer',
          address: at.service,
          port,
          protocol,
          backends: [{ address: at.b, port: backendPort, protocol, node: 'local' }],
        }),
      ),
    );
    return { host: at.service, port };
  };
  const devices = () => lab.object.map('lbx_pod_devices');
  const key = () => new Uint8Array(Uint32Array.of(lab.node.device('pod-b').index).buffer);
  /** What the kernel has said about ways to backends within the last second. */
  const forgetWays = () => {
    const ways = lab.object.map('lbx_backend_hops');
    for (let id = 0; id < 64; id++)
      ways.set(new Uint8Array(Uint32Array.of(id).buffer), new Uint8Array(ways.valueBytes));
  };
  /** Of the flows to that port of the service: which go straight into the pod. */
  const straight = (port: number) => {
    const { key, value } = flowCatalog[`lbx_flow${family}`];
    const flows = openFlowMap(lab.object, family, family === 4 ? flowTableKind : otherFlowTable);
    return [...flows.entries()]
      .filter(([bytes]) => {
        const { direction, dport } = key.decode(bytes);
        return direction === FlowDirection.request && dport === port;
      })
      .map(([keyBytes, bytes]) => (value.decode(bytes, key.decode(keyBytes)).flags & FlowFlag.peer) !== 0)
      .sort();
  };
  const mac = () => lab.b.device('eth0').mac;

  /** As a cluster's network has them: pods are hidden behind the node, and what belongs to nothing known is dropped. */
  const rules = [
    ['-t', 'nat', '-A', 'POSTROUTING', '-o', 'eth0', '-j', 'MASQUERADE'],
    ['-A', 'FORWARD', '-m', 'conntrack', '--ctstate', 'INVALID', '-j', 'DROP'],
  ];
  const netfilter = (rule: readonly string[]) => lab.node.exec(family === 4 ? 'iptables' : 'ip6tables', rule);

  describeKernel('a pod of the node', () => {
    beforeEach(() => {
      devices().set(key(), new Uint8Array(4));
      lab.node.addNeighbour('pod-b', at.b, mac());
    });

    it.each(protocols)('%s: goes past the stack both ways', (protocol) => {
      const to = { ...serve(80), protocol };
      const before = forwarded();
      const size = protocol === 'TCP' ? 1 << 20 : 1000;
      expect(askEcho(lab.host, to, { size })).toMatchObject({
        seen: at.host,
        from: at.service,
        port: 80,
        ...(protocol === 'TCP' ? { same: true } : { length: size }),
      });
      expect(forwarded() - before).toBe(0);
    });

    it('takes the stack where its device is not known', () => {
      devices().delete(key());
      const to = { ...serve(81), protocol: 'TCP' } as const;
      const before = forwarded();
      expect(askEcho(lab.host, to, { size: 1 << 16 })).toMatchObject({ seen: at.host, same: true });
      expect(forwarded() - before).toBeGreaterThan(4);
    });

    it('takes the stack until its link address is known, and then no longer', () => {
      lab.node.exec('ip', ['neighbour', 'flush', 'dev', 'pod-b', 'nud', 'all']);
      forgetWays();
      const to = { ...serve(82), protocol: 'TCP' } as const;
      expect(askEcho(lab.host, to, { size: 1 << 16 })).toMatchObject({ seen: at.host, same: true });
      expect(straight(82)).toEqual([false]);
      // As if the kernel had found it: when it does is its own affair.
      lab.node.addNeighbour('pod-b', at.b, mac());
      expect(askEcho(lab.host, to, { size: 1 << 16 })).toMatchObject({ seen: at.host, same: true });
      expect(straight(82)).toEqual([false, true]);
    });

    it('gets and sends datagrams in pieces', () => {
      const to = { ...serve(83), protocol: 'UDP' } as const;
      expect(askEcho(lab.host, to, { size: 4000 })).toMatchObject({
        seen: at.host,
        from: at.service,
        length: 4000,
      });
    });

    it('is reached through a node that masquerades its pods', () => {
      const to = serve(86);
      for (const rule of rules) netfilter(rule);
      try {
        for (const protocol of protocols)
          for (const size of [1000, 4000])
            expect(askEcho(lab.host, { ...to, protocol }, { size })).toMatchObject({
              seen: at.host,
              from: at.service,
            });
        // The same flows by the stack, whose rules see both directions of them.
        devices().delete(key());
        expect(askEcho(lab.host, { ...to, protocol: 'TCP' })).toMatchObject({ from: at.service });
      } finally {
        for (const rule of rules) netfilter(rule.map((word) => (word === '-A' ? '-D' : word)));
      }
    });

    it('says that nobody listens', () => {
      const to = serve(84, 8099);
      for (const protocol of protocols)
        expect(askEcho(lab.host, { ...to, protocol })).toEqual({ error: 'ECONNREFUSED' });
    });

    it('hears of a narrow way to the client', () => {
      lab.node.exec('ip', [
        `-${family}`,
        'route',
        'add',
        `${at.host}/${at.alone}`,
        'dev',
        'eth0',
        'mtu',
        '1300',
      ]);
      try {
        const to = { ...serve(85), protocol: 'TCP' } as const;
        expect(askEcho(lab.host, to, { size: 1 << 18 })).toMatchObject({ seen: at.host, same: true });
      } finally {
        lab.node.exec('ip', [`-${family}`, 'route', 'delete', `${at.host}/${at.alone}`]);
      }
    });
  });
});

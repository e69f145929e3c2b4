// Pods call services with real sockets that nobody but the programs on their devices sees.
import type { Backend, Frontend } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askEcho, serveEcho } from './echo.ts';
import { createPodLab, type PodLab, pods } from './pod-lab.ts';
import { families } from './xdp-lab.ts';

describe.each(families)('IPv%i', (family) => {
  const at = pods[family];
  const protocols = ['TCP', 'UDP'] as const;
  const ports = { other: 80, remote: 81, self: 82, nobody: 83, node: 84 } as const;
  const behind: Record<keyof typeof ports, readonly [string, 'local' | 'other'][]> = {
    other: [[at.b, 'local']],
    remote: [[at.host, 'other']],
    self: [[at.a, 'local']],
    nobody: [],
    node: [[at.node, 'local']],
  };

  describeKernel('a pod calls', () => {
    let lab: PodLab;
    beforeAll(async () => {
      lab = createPodLab(family);
      const frontends = protocols.flatMap((protocol) => {
        const backends = (list: readonly [string, 'local' | 'other'][]): Backend[] =>
          list.map(([address, node]) => ({ address, port: 8080, protocol, node }));
        const clusterIp = Object.entries(ports).map(
          ([name, port]): Frontend => ({
            service: `test/${name}-${protocol}`,
            type: 'ClusterIP',
            address: at.service,
            port,
            protocol,
            backends: backends(behind[name as keyof typeof ports]),
          }),
        );
        const nodePort: Frontend = {
          service: `test/node-port-${protocol}`,
          type: 'NodePort',
          address: family === 4 ? '0.0.0.0' : '::',
          port: 30080,
          protocol,
          backends: backends(behind.other),
        };
        return [...clusterIp, nodePort];
      });
      lab.apply(frontends);
      await Promise.all([
        serveEcho(lab.a, at.a, 8080),
        serveEcho(lab.b, at.b, 8080),
        serveEcho(lab.host, at.host, 8080),
        serveEcho(lab.node, at.node, 8080),
      ]);
    });
    afterAll(() => lab?.[Symbol.dispose]());

    for (const protocol of protocols) {
      it.each([
        ['another pod of the node', at.service, ports.other, at.a],
        ['a backend on another host', at.service, ports.remote, at.a],
        ['itself', at.service, ports.self, at.hairpin],
        ['a socket of the node', at.service, ports.node, at.a],
        ['a NodePort of the node', at.node, 30080, at.a],
      ] as const)(`${protocol}: %s`, (_name, host, port, seen) => {
        const size = protocol === 'TCP' ? 1 << 20 : 1;
        expect(askEcho(lab.a, { protocol, host, port }, { size })).toEqual({
          seen,
          from: host,
          port,
          ...(protocol === 'TCP' ? { same: true } : { length: Math.max(5, seen.length) }),
        });
        if (protocol === 'UDP') {
          const fragmented = { seen, length: 4000, from: host, port };
          expect(askEcho(lab.a, { protocol, host, port }, { size: 4000 })).toEqual(fragmented);
        }
      });

      it(`${protocol}: a service without endpoints, and is refused`, () => {
        const to = { protocol, host: at.service, port: ports.nobody } as const;
        expect(askEcho(lab.a, to)).toEqual({ error: 'ECONNREFUSED' });
      });

      it(`${protocol}: another pod directly, and nothing is translated`, () => {
        const to = { protocol, host: at.b, port: 8080 } as const;
        expect(askEcho(lab.a, to)).toMatchObject({ seen: at.a, from: at.b, port: 8080 });
      });
    }

    it('a backend behind a narrow link, and hears of it', () => {
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
      const to = { protocol: 'TCP', host: at.service, port: ports.remote } as const;
      expect(askEcho(lab.a, to, { size: 1 << 20 })).toMatchObject({ seen: at.a, same: true });
      // What the pod's kernel has learnt, it has learnt about the service.
      expect(lab.a.exec('ip', ['route', 'get', at.service])).toContain('mtu 1300');
    });

    it('an unknown port of a service address, and hears nothing', () => {
      const to = { protocol: 'TCP', host: at.service, port: 99 } as const;
      expect(askEcho(lab.a, to, { patienceMs: 700 })).toEqual({ error: 'timeout' });
    });
  });

  describeKernel('with lbx_redirect = 2', () => {
    let lab: PodLab;
    beforeAll(async () => {
      lab = createPodLab(family, { lbx_redirect: 2 });
      lab.apply(
        protocols.map((protocol) => ({
          service: `test/${protocol}`,
          type: 'ClusterIP',
          address: at.service,
          port: 80,
          protocol,
          backends: [{ address: at.b, port: 8080, protocol, node: 'local' }],
        })),
      );
      await serveEcho(lab.b, at.b, 8080);
    });
    afterAll(() => lab?.[Symbol.dispose]());
    /** Packets that the node has sent into the pod by its device. */
    const sentToB = () =>
      JSON.parse(lab.node.exec('ip', ['-json', '-statistics', 'link', 'show', 'pod-b']))[0].stats64.tx
        .packets as number;

    it('packets go straight into the other pod once its device is known', () => {
      const to = { protocol: 'TCP', host: at.service, port: 80 } as const;
      const answer = { seen: at.a, from: at.service, port: 80, same: true };
      const before = sentToB();
      expect(askEcho(lab.a, to, { size: 1 << 20 })).toEqual(answer);
      const first = sentToB() - before;
      expect(first).toBeGreaterThan(0);
      expect(askEcho(lab.a, to, { size: 1 << 20 })).toEqual(answer);
      // Nothing but what the two kernels may say to find each other.
      expect(sentToB() - before - first).toBeLessThan(4);
      expect(askEcho(lab.a, { ...to, protocol: 'UDP' })).toMatchObject({ seen: at.a, from: at.service });
    });
  });
});

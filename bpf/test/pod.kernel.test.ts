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
          ...(protocol === 'TCP' && { same: true }),
        });
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

    it('an unknown port of a service address, and hears nothing', () => {
      const to = { protocol: 'TCP', host: at.service, port: 99 } as const;
      expect(askEcho(lab.a, to, { patienceMs: 700 })).toEqual({ error: 'timeout' });
    });
  });
});

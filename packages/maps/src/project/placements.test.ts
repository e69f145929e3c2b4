import { describe, expect, it } from 'vitest';
import { createIds } from '../ids/ids.ts';
import { type Frontend, type FrontendType, frontendTypes } from '../model/frontend.ts';
import type { ProjectOptions } from './options.ts';
import { project } from './project.ts';

const node = '203.0.113.1';
const frontend = (type: FrontendType, address: string, port: number): Frontend => ({
  service: type,
  address,
  port,
  protocol: 'TCP',
  type,
  backends: [{ address: '192.0.2.1', port: 8080, protocol: 'TCP' }],
});
const projectOne = (one: Frontend, options: ProjectOptions = {}) =>
  project([one], { nodeAddresses: [node], ...options }, createIds());

describe('where frontends are written', () => {
  it.each(frontendTypes)('a %s, where kube-proxy stays in charge of what comes from outside', (type) => {
    const address = type === 'NodePort' ? '0.0.0.0' : '198.51.100.1';
    const { frontends, refused } = projectOne(frontend(type, address, 80), { replacesKubeProxy: false });
    expect(refused).toEqual([]);
    const written = ['ClusterIP', 'ExternalIP', 'LocalRedirect'].includes(type);
    expect([...frontends.keys()]).toEqual(written ? ['198.51.100.1:80/TCP'] : []);
  });

  it.each(['LoadBalancer', 'ExternalIP'] as const)('no %s takes a NodePort of this node', (type) => {
    const codes = ([address, port]: readonly [string, number]) =>
      projectOne(frontend(type, address, port)).refused.map(({ error }) => error.code);
    for (const place of [
      [node, 29999],
      [node, 32768],
      ['203.0.113.2', 30000],
    ] as const)
      expect(codes(place)).toEqual([]);
    for (const port of [30000, 32767]) expect(codes([node, port])).toEqual(['LBX_FRONTEND_CONFLICT']);
  });

  it('nothing of a family that is switched off, and nothing is refused of it', () => {
    const one = { ...frontend('LoadBalancer', '198.51.100.1', 80), affinitySeconds: 2 ** 24 };
    expect(projectOne(one).refused).toHaveLength(1);
    const { refused, entries } = projectOne(one, { ipv4: false });
    expect([refused, entries.size]).toEqual([[], 0]);
  });

  it('wildcards of services without a class, where others hand out addresses', () => {
    const wildcards = (loadBalancerClass?: string, wildcardsWithoutClass?: boolean) => {
      const one = frontend('LoadBalancer', '198.51.100.1', 80);
      return projectOne(
        loadBalancerClass === undefined ? one : { ...one, loadBalancerClass },
        wildcardsWithoutClass === undefined ? {} : { wildcardsWithoutClass },
      ).wildcards.size;
    };
    expect(wildcards()).toBe(1);
    expect(wildcards(undefined, false)).toBe(0);
    expect(wildcards('io.cilium/l2-announcer', false)).toBe(1);
    expect(wildcards('example.com/other')).toBe(0);
  });
});

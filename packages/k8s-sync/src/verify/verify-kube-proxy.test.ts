import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createTranslator } from '../translate/translator.ts';
import type { KubeProxyCase } from './kube-proxy-case.ts';
import { verifyKubeProxy } from './verify-kube-proxy.ts';

const linesOf = (file: string): string[] =>
  readFileSync(new URL(`../../../../vectors/${file}`, import.meta.url), 'utf8')
    .trim()
    .split('\n');

describe('verifyKubeProxy', () => {
  it('agrees with kube-proxy in all cases', () => {
    expect(verifyKubeProxy(linesOf('kube-proxy-cases.jsonl'))).toEqual({
      total: 820,
      passed: 820,
      differing: {},
      failures: [],
      known: [],
    });
  });

  it('agrees with kube-proxy after every step of all histories but one that records a bug of its', () => {
    const lines = linesOf('kube-proxy-histories.jsonl');
    const { total, passed, failures, known } = verifyKubeProxy(lines);
    // kube-proxy keeps the endpoints of a slice that lost its label; here they go.
    const quirk = 'edge/quirk-slice-that-loses-its-label-stays';
    expect({ total, passed, failures, known: known.map(({ name }) => name) }).toEqual({
      total: 110,
      passed: 109,
      failures: [],
      known: [quirk],
    });
    expect(known[0]?.differences[0]).toMatch(/^step 1: IPv4\.servicePorts\.0\./);
    // Only the name makes it a known one.
    const renamed = lines
      .filter((line) => line.includes(quirk))
      .map((line) => line.replace('/quirk-', '/a-quirk-'));
    expect(verifyKubeProxy(renamed)).toMatchObject({ total: 1, passed: 0, known: [], failures: [{}] });
  });

  it('says what differs', () => {
    const [line] = linesOf('kube-proxy-cases.jsonl');
    const report = verifyKubeProxy([
      line!.replace('"usesClusterEndpoints":true', '"usesLocalEndpoints":true'),
      '',
    ]);
    expect(report).toMatchObject({
      total: 1,
      passed: 0,
      differing: { usesClusterEndpoints: 1, usesLocalEndpoints: 1 },
    });
    expect(report.failures[0]?.differences[0]).toBe(
      'IPv4.servicePorts.0.usesLocalEndpoints: expected true, is undefined',
    );
  });
});

describe('frontends', () => {
  it('give new connections exactly to the endpoints that kube-proxy lists, in all cases', () => {
    let compared = 0;
    for (const line of linesOf('kube-proxy-cases.jsonl')) {
      const { name, input } = JSON.parse(line) as KubeProxyCase;
      const { nodeName, nodeLabels = {}, nodeIPs = [] } = input.config;
      const translator = createTranslator({ nodeName, nodeLabels, nodeIPs });
      for (const object of input.services ?? [])
        translator.apply({ type: 'upsert', kind: 'Service', object });
      for (const object of input.endpointSlices ?? [])
        translator.apply({ type: 'upsert', kind: 'EndpointSlice', object });
      const states = translator.servicePorts();
      for (const frontend of translator.translate().frontends) {
        const state = states.find(({ servicePort: p }) => {
          const port = frontend.type === 'NodePort' ? p.nodePort : p.port;
          const addresses = [
            p.clusterIP,
            ...p.externalIPs,
            ...p.loadBalancerVIPs,
            p.family === 'IPv4' ? '0.0.0.0' : '::',
          ];
          return (
            `${p.namespace}/${p.name}` === frontend.service &&
            port === frontend.port &&
            p.protocol === frontend.protocol &&
            addresses.includes(frontend.address)
          );
        })!;
        const policyLocal =
          frontend.type === 'ClusterIP'
            ? state.servicePort.internalPolicyLocal
            : state.servicePort.externalPolicyLocal;
        const wanted = policyLocal && frontend.scope !== 'internal' ? state.local : state.cluster;
        const active = frontend.backends.filter((b) => b.state === undefined && b.standby !== true);
        const draining = frontend.backends.filter((b) => b.state === 'terminating');
        const used = active.length > 0 ? active : draining;
        expect(
          used.map((b) => [b.address, b.port]),
          `${name} ${frontend.type}`,
        ).toEqual(wanted.map((e) => [e.address, e.port]));
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(5000);
  });
});

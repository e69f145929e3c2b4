import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseServiceFile } from '../../src/input/service-file.ts';
import { expectNoPollution, fuzz, fuzzMs, mutated, nastyValue } from './fuzz.ts';

const head = { apiVersion: 'lbx/v1', kind: 'Service' };
const web = {
  ...head,
  name: 'shop/web',
  frontends: ['198.51.100.1:80/TCP', { address: '2001:db8::1', port: 53, protocol: 'UDP', type: 'NodePort' }],
  backends: ['192.0.2.10:8080', { address: '192.0.2.11', port: 8080, weight: 3, state: 'active' }],
  algorithm: 'maglev',
  sourceRanges: ['203.0.113.0/24'],
};
const yaml = `apiVersion: lbx/v1
kind: Service
name: shop/web
frontends: &f ["198.51.100.1:80/TCP"]
backends:
  - 192.0.2.10:8080
  - address: 192.0.2.11
    port: 8080
---
apiVersion: lbx/v1
kind: ServiceList
items:
  - name: two
    frontends: ["[2001:db8::1]:53/UDP"]
    backends: []
`;

it('nearly a file of services is read; what is wrong with it is told with file and line', {
  timeout: fuzzMs,
}, () => {
  const own = fc
    .tuple(fc.constantFrom(...Object.keys(web)), nastyValue, fc.constantFrom('Service', 'ServiceList'))
    .map(([key, value, kind]) =>
      JSON.stringify(
        kind === 'Service'
          ? { ...web, [key]: value }
          : { ...head, kind, items: [{ ...web, [key]: value }, value] },
      ),
    );
  let services = 0;
  fuzz(fc.oneof(mutated([yaml, JSON.stringify(web)]), own), (text) => {
    const found = parseServiceFile(text, 'web.yaml');
    services += found.services.length;
    for (const { code, message } of found.problems) {
      expect(code).toBe('LBX_BAD_FILE');
      expect(message).toMatch(/^web\.yaml(:\d+:\d+)?: /);
      expect(message.length).toBeLessThan(10_000);
    }
    expectNoPollution();
  });
  expect(services).toBeGreaterThan(100);
});

import type { Frontend } from '@lbx/maps';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endpoint, pod, service, slice } from '../../test/objects.ts';
import { deletion, line, translatorWith, upsert } from '../../test/translating.ts';
import type { Translator } from './translator.ts';

const at = (second: number) => `2026-01-01T00:00:0${second}Z`;
/** Few objects that want the same things, so that every history is about conflicts. */
const services = ['a', 'b'].flatMap((name, i) =>
  [
    { type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30_080 }] },
    {
      type: 'NodePort',
      ports: [{ name: 'http', port: 80, nodePort: 30_080 + i }],
      externalIPs: ['192.0.2.1'],
    },
    { ports: [{ name: 'http', port: 30_080 }], externalIPs: ['192.0.2.1', '203.0.113.1'] },
    { clusterIP: 'None', ports: [{ name: 'http', port: 80 }] },
  ].map((spec, j) =>
    service({ clusterIP: `198.51.100.1${i}`, ...spec }, { name, creationTimestamp: at(3 - i + j) }),
  ),
);
const slices = ['a', 'b'].flatMap((name) =>
  [
    [],
    [endpoint('192.0.2.50')],
    [endpoint('192.0.2.50'), endpoint('192.0.2.51', { nodeName: 'node-a' })],
  ].map((endpoints) =>
    slice(endpoints, { name: `s-${name}`, labels: { 'kubernetes.io/service-name': name } }),
  ),
);
const hostIPs = [undefined, '0.0.0.0', '127.0.0.1', '192.0.2.1', '192.0.2.2', '::'];
const pods = ['a', 'b', 'c'].flatMap((name, i) =>
  hostIPs.flatMap((hostIP) => [
    ...[{}, { deletionTimestamp: at(9) }].map((more) =>
      pod([{ containerPort: 80, hostPort: 30_080, hostIP }], { name, creationTimestamp: at(i), ...more }),
    ),
    pod(
      [{ containerPort: 80, hostPort: 30_080, hostIP }],
      { name, creationTimestamp: at(5 - i) },
      {},
      { podIPs: [{ ip: `192.0.2.6${i}` }, { ip: '2001:db8::6' }] },
    ),
  ]),
);
const addresses = [['192.0.2.1'], ['192.0.2.2', '192.0.2.1'], ['203.0.113.1', '2001:db8::1'], []];
const objects = [...services, ...slices, ...pods];

type Step =
  | { readonly op: 'upsert' | 'delete'; readonly object: object }
  | { readonly op: 'addresses'; readonly nodeIPs: readonly string[] }
  | { readonly op: 'look' };
const anyObject = fc.nat(objects.length - 1).map((i) => objects[i]!);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: anyObject.map((object): Step => ({ op: 'upsert', object })) },
  { weight: 3, arbitrary: anyObject.map((object): Step => ({ op: 'delete', object })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...addresses).map((nodeIPs): Step => ({ op: 'addresses', nodeIPs })),
  },
  { weight: 3, arbitrary: fc.constant<Step>({ op: 'look' }) },
);
const nameOf = (object: object) => {
  const { kind, metadata } = object as { kind: string; metadata: { name: string } };
  return `${kind} ${metadata.name}`;
};

/** Everything that a translator says. */
function stateOf(translator: Translator, frontends: readonly Frontend[]) {
  const { nodeAddresses, ignored, problems } = translator.translate();
  return {
    frontends: frontends.map((frontend) => `${frontend.service} ${line(frontend)}`),
    checks: translator.healthChecks(),
    ports: translator.servicePorts(),
    nodeAddresses,
    ignored,
    problems: problems.map(({ message }) => message),
  };
}

it('after any history everything is as if only its last objects had ever been told', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 25 }),
      fc.constantFrom(undefined, ['primary'], ['192.0.2.2/32']),
      (steps, nodePortAddresses) => {
        const options = nodePortAddresses === undefined ? {} : { nodePortAddresses };
        let nodeIPs: readonly string[] = ['192.0.2.1', '192.0.2.2'];
        const translator = translatorWith({ nodeIPs, ...options });
        const told = new Map<string, object>();
        /** Kept by changes only. */
        const mirror = new Map<string, readonly Frontend[]>();
        const look = () => {
          for (const [key, frontends] of translator.translateChanges()) {
            if (frontends.length === 0) mirror.delete(key);
            else mirror.set(key, frontends);
          }
        };
        for (const one of steps) {
          if (one.op === 'upsert') {
            translator.apply(upsert(one.object));
            told.set(nameOf(one.object), one.object);
          } else if (one.op === 'delete') {
            translator.apply(deletion(one.object));
            told.delete(nameOf(one.object));
          } else if (one.op === 'addresses') {
            nodeIPs = one.nodeIPs;
            translator.setNodeIPs(nodeIPs);
          } else look();
        }
        look();
        const fresh = translatorWith({ nodeIPs, ...options }, ...told.values());
        const mirrored = [...mirror]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .flatMap(([, frontends]) => frontends);
        expect(stateOf(translator, mirrored)).toEqual(stateOf(fresh, fresh.translate().frontends));
        expect(mirrored).toEqual(translator.translate().frontends);
        // No two of them want the same entry.
        const keys = mirrored.map((f) => `${f.address} ${f.port} ${f.protocol} ${f.scope ?? ''}`);
        expect(new Set(keys).size).toBe(keys.length);
      },
    ),
    { numRuns: 1000 },
  );
});

import { expect, it } from 'vitest';
import { endpoint, service, slice } from '../../test/objects.ts';
import { translatorOf } from '../../test/translating.ts';
import { verdictFor } from './verdict.ts';

it('takes a loopback source for the node itself', () => {
  const [state] = translatorOf(
    service({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, nodePort: 30_080 }] }),
    slice([endpoint('192.0.2.50')], {}, { ports: [{ name: '', port: 8080 }] }),
  ).servicePorts();
  const verdict = (text: string) =>
    verdictFor(
      state!,
      'nodePort',
      { family: 'IPv4', text: '192.0.2.1' },
      { address: { family: 'IPv4', text }, onNode: false },
      { nodeAddresses: [], podRange: undefined, masqueradeAll: false },
    );
  expect([verdict('127.0.0.1'), verdict('127.9.9.9'), verdict('203.0.113.7')]).toEqual([
    'cluster snat',
    'cluster snat',
    'drop',
  ]);
});

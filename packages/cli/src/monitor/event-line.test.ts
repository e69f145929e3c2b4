import type { DatapathEvent } from '@lbx/core';
import { expect, it } from 'vitest';
import { exampleEvent } from '../../test/example-event.ts';
import { eventLine } from './event-line.ts';

const event: DatapathEvent = {
  ...exampleEvent,
  kind: 'drop',
  reason: 'drop_source_range',
  doc: "client outside of the service's source ranges, or denied by them",
  time: new Date(2026, 10, 21, 6, 7, 8, 9),
  tcpFlags: ['syn'],
  service: '198.51.100.1:80/TCP',
  revNatId: 1,
};
const deviceName = (ifindex: number) => (ifindex === 4 ? 'eth0' : undefined);

it.each<[string, Partial<DatapathEvent>, string]>([
  [
    'a drop',
    {},
    '06:07:08.009  drop_source_range  TCP 203.0.113.5:40001 → 198.51.100.1:80 [syn] 74 B  xdp eth0  service 198.51.100.1:80/TCP',
  ],
  [
    'a reject, IPv6, of a device that is gone',
    {
      kind: 'reject',
      reason: 'drop_no_backend',
      ifindex: 9,
      hook: 'tc-ingress',
      family: 6,
      protocol: 'UDP',
      source: { address: '2001:db8::5', port: 53 },
      destination: { address: '2001:db8::1' },
      tcpFlags: [],
    },
    '06:07:08.009  drop_no_backend (rejected)  UDP [2001:db8::5]:53 → 2001:db8::1 74 B  tc-ingress device 9  service 198.51.100.1:80/TCP',
  ],
  [
    'a new flow, sampled',
    { kind: 'new', reason: 'note_new_flow', backend: '192.0.2.10:8080', oneIn: 100 },
    '06:07:08.009  note_new_flow  TCP 203.0.113.5:40001 → 198.51.100.1:80 [syn] 74 B  xdp eth0  service 198.51.100.1:80/TCP, backend 192.0.2.10:8080  1 of 100',
  ],
])('%s', (_what, more, line) => {
  expect(eventLine({ ...event, ...more }, { deviceName })).toBe(line);
});

it('says the reason in a sentence when asked', () => {
  expect(eventLine(event, { deviceName, verbose: true })).toMatch(
    / {2}\(client outside of the service's.*\)$/,
  );
});

it('shows what is no IP packet', () => {
  const { source: _source, destination: _destination, service: _service, ...rest } = event;
  expect(eventLine({ ...rest, family: 0, protocol: '', tcpFlags: [] }, { deviceName })).toBe(
    '06:07:08.009  drop_source_range  no IP packet 74 B  xdp eth0',
  );
});

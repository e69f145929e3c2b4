import type { DatapathEvent } from '@lbx/core';
import { expect, it } from 'vitest';
import { exampleEvent } from '../../test/example-event.ts';
import { parsePlace } from '../input/place.ts';
import { type EventFilter, eventFilter } from './event-filter.ts';

const request: DatapathEvent = {
  ...exampleEvent,
  service: '198.51.100.1:80/TCP',
  backend: '192.0.2.10:8080',
};
/** Of the same flow, as the backend sends it. */
const reply: DatapathEvent = {
  ...request,
  direction: 'reply',
  source: { address: '192.0.2.10', port: 8080 },
  destination: { address: '203.0.113.5', port: 40001 },
};
const { service: _, backend: __, direction: ___, ...bare } = request;
const stray: DatapathEvent = { ...bare, destination: { address: '198.51.100.1', port: 81 } };
const six: DatapathEvent = {
  ...request,
  family: 6,
  protocol: 'ICMPv6',
  source: { address: '2001:db8::5' },
  destination: { address: '2001:db8::1' },
  service: '[2001:db8::1]:80/TCP',
};
const names = {
  serviceOf: (frontend: string) => (frontend === '198.51.100.1:80/TCP' ? 'shop/web' : undefined),
  frontendsOf: (service: string) => (service === 'shop/web' ? ['198.51.100.1:80/TCP'] : []),
};
const all = { request, reply, stray, six };
const shown = (filter: EventFilter) => {
  const isWanted = eventFilter(filter, names);
  return Object.entries(all).flatMap(([name, event]) => (isWanted(event) ? [name] : []));
};

it.each<[string, EventFilter, (keyof typeof all)[]]>([
  ['nothing', {}, ['request', 'reply', 'stray', 'six']],
  [
    'a service by name, and what goes to its address',
    { services: ['shop/web'] },
    ['request', 'reply', 'stray'],
  ],
  ['another name', { services: ['shop/api'] }, []],
  ['a frontend', { services: ['198.51.100.1:80'] }, ['request', 'reply']],
  ['a frontend with its protocol', { services: ['198.51.100.1:80/UDP'] }, []],
  ['an address of services', { services: ['198.51.100.1'] }, ['request', 'reply', 'stray']],
  ['one of two', { services: ['shop/api', '[2001:db8::1]:80'] }, ['six']],
  ['a backend', { backends: [parsePlace('192.0.2.10')] }, ['request', 'reply', 'six']],
  ['another port of it', { backends: [parsePlace('192.0.2.10:81')] }, []],
  ['a client', { client: parsePlace('203.0.113.0/24') }, ['request', 'reply', 'stray']],
  ['a client by its port', { client: parsePlace('203.0.113.5:40002') }, []],
  ['a client of the other family', { client: parsePlace('2001:db8::/32') }, ['six']],
  ['a protocol', { protocols: ['icmp', 'udp'] }, ['six']],
  [
    'a flow',
    { from: parsePlace('203.0.113.5:40001'), to: parsePlace('198.51.100.1:80'), protocols: ['tcp'] },
    ['request', 'reply'],
  ],
  ['where it goes, without a service', { to: parsePlace('198.51.100.1:81') }, ['stray']],
])('%s', (_what, filter, wanted) => expect(shown(filter)).toEqual(wanted));

it('what has no addresses is of nobody', () => {
  const { source: _source, destination: _destination, ...none } = stray;
  expect(eventFilter({ client: parsePlace('0.0.0.0/0') }, names)({ ...none, family: 0 })).toBe(false);
});

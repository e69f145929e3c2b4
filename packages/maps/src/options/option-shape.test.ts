import { expect, it } from 'vitest';
import { createMemoryTables } from '../tables/memory-tables.ts';
import { nearestName } from './nearest-name.ts';
import { badOption, type OptionShape } from './option-shape.ts';

interface Options {
  readonly devices?: readonly string[];
  readonly pins?: string | false;
  readonly ports?: readonly [number, number];
  readonly traffic?: boolean;
  readonly flows?: number;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly onNotice?: () => void;
}
const shape: OptionShape<Options> = {
  devices: 'texts',
  pins: ['text', 'false'],
  ports: 'numbers',
  traffic: 'flag',
  flows: 'number',
  sizes: 'object',
  onNotice: 'call',
};

it('takes what is right, and what is left out', () => {
  const good: Options = {
    devices: ['eth0'],
    pins: false,
    ports: [1, 2],
    traffic: true,
    flows: 5,
    sizes: {},
    onNotice() {},
  };
  expect(badOption(good, shape)).toBe(undefined);
  expect(badOption({ devices: undefined, pins: '/sys/fs/bpf/lbx' }, shape)).toBe(undefined);
});

it.each<[string, unknown, string, string]>([
  [
    'a name with a letter too few',
    { device: [] },
    'device',
    "there is no such option; did you mean 'devices'?",
  ],
  [
    'a name like no other',
    { kubeconfig: 'x' },
    'kubeconfig',
    'there is no such option; there are devices, pins, ports, traffic, flows, sizes, onNotice',
  ],
  ['text where a list is', { devices: 'eth0' }, 'devices', "expected a list of texts, got 'eth0'"],
  [
    'a list of something else',
    { devices: ['a', 3] },
    'devices',
    'expected a list of texts, got a list of string and number',
  ],
  ['true where text or false is', { pins: true }, 'pins', 'expected text or false, got true'],
  ['text where a number is', { flows: '5' }, 'flows', "expected a number, got '5'"],
  ['no number', { flows: Number.NaN }, 'flows', 'expected a number, got NaN'],
  ['text where a flag is', { traffic: 'yes' }, 'traffic', "expected true or false, got 'yes'"],
  ['null', { sizes: null }, 'sizes', 'expected an object, got null'],
  ['what is no function', { onNotice: {} }, 'onNotice', 'expected a function, got an object'],
  [
    'a name that every object has',
    { constructor: 1 },
    'constructor',
    expect.stringContaining('no such option'),
  ],
  ['no object', 'eth0', '', "expected an object, got 'eth0'"],
  ['nothing', null, '', 'expected an object, got null'],
  [
    'a long text',
    { devices: 'x'.repeat(99) },
    'devices',
    `expected a list of texts, got '${'x'.repeat(57)}...'`,
  ],
])('%s', (_what, given, option, problem) => {
  expect(badOption(given, shape)).toMatchObject({ option, problem });
});

it('a name is meant that begins so, or that is near', () => {
  const names = ['nodeName', 'pods', 'device', 'devices'];
  expect(nearestName('node', names)).toBe('nodeName');
  expect(nearestName('devcie', names)).toBe('device');
  expect(nearestName('no', names)).toBe(undefined);
  expect(nearestName('kubeconfig', names)).toBe(undefined);
});

it('memory tables refuse options too', () => {
  expect(() => createMemoryTables({ maxEntires: 5 } as never)).toThrow("did you mean 'maxEntries'?");
  expect(() => createMemoryTables({ maxEntries: { lb4_services: 5 } } as never)).toThrow(
    "lb4_services: there is no such option; did you mean 'lb4_services_v2'?",
  );
});

import { expect, it } from 'vitest';
import { type EndpointTraits, sharedTraits } from './endpoint-traits.ts';

const traits = (more: Partial<EndpointTraits> = {}): EndpointTraits => ({
  nodeName: 'node-of-this-test',
  ready: true,
  serving: true,
  terminating: false,
  forZones: [],
  forNodes: [],
  ...more,
});

it('gives one object for traits that say the same, and no other', () => {
  const first = sharedTraits(traits());
  expect(sharedTraits(traits())).toBe(first);
  const others = [
    { ready: false },
    { serving: false },
    { terminating: true },
    { forZones: ['a'] },
    { forZones: ['a', 'b'] },
    { forNodes: ['a'] },
    { nodeName: '' },
  ].map(traits);
  for (const other of [...others, ...others]) expect(sharedTraits({ ...other })).toEqual(other);
  expect(new Set(others.map((other) => sharedTraits({ ...other }))).size).toBe(others.length);
});

it('gives traits that say what they were given, however many a node has', () => {
  for (let zone = 0; zone < 40; zone++) {
    const many = traits({ forZones: [`zone-${zone}`] });
    expect(sharedTraits(many)).toEqual(many);
  }
});

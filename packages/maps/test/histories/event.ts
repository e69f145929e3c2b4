import fc from 'fast-check';

/** Something that happens to the services of the world, to the node, or to the clock. */
export type Event =
  | { readonly kind: 'places'; readonly service: number; readonly places: readonly number[] }
  | { readonly kind: 'endpoints'; readonly service: number; readonly endpoints: readonly number[] }
  | {
      readonly kind: 'state';
      readonly service: number;
      readonly endpoint: number;
      readonly state: EndpointState;
    }
  | { readonly kind: 'affinity'; readonly service: number; readonly seconds: number | undefined }
  | {
      readonly kind: 'ranges';
      readonly service: number;
      readonly ranges: readonly string[];
      readonly deny: boolean;
    }
  | {
      readonly kind: 'algorithm';
      readonly service: number;
      readonly algorithm: 'random' | 'maglev' | undefined;
    }
  | {
      readonly kind: 'policy';
      readonly service: number;
      readonly extLocal: boolean;
      readonly intLocal: boolean;
    }
  | { readonly kind: 'proxy'; readonly service: number; readonly port: number | undefined }
  | { readonly kind: 'remove'; readonly service: number }
  | { readonly kind: 'nodes'; readonly nodes: readonly string[] }
  | { readonly kind: 'option'; readonly option: WorldOption; readonly on: boolean }
  | { readonly kind: 'room'; readonly entries: number | undefined };

/** What an endpoint may be; `absent` removes it. */
export const endpointStates = [
  'absent',
  'active',
  'terminating',
  'terminating-not-serving',
  'quarantined',
  'maintenance',
  'unhealthy',
  'on another node',
  'in zone 1',
  'of weight 300',
] as const;
export type EndpointState = (typeof endpointStates)[number];

/** Options of the node that events switch. */
export const worldOptions = [
  'maglev',
  'wildcards',
  'externalClusterIP',
  'sourceRangesForAllTypes',
  'ipv6',
  'replacesKubeProxy',
] as const;
export type WorldOption = (typeof worldOptions)[number];

export const nodeAddresses = ['203.0.113.1', '203.0.113.2', '2001:db8:3::1'] as const;
export const clientRanges = [
  '203.0.113.64/26',
  '203.0.113.64/27',
  '198.51.100.77/24',
  '2001:db8:5::/48',
] as const;

const SERVICES = 4;
const ENDPOINTS = 6;
const PLACES = 12;

const service = fc.nat({ max: SERVICES - 1 });
const numbers = (count: number) =>
  fc
    .nat({ max: (1 << count) - 1 })
    .map((mask) => Array.from({ length: count }, (_, i) => i).filter((i) => mask & (1 << i)));
// A service with all twelve places is rare: most have a few, so that histories stay small.
const places = fc
  .tuple(numbers(PLACES), numbers(PLACES))
  .map(([a, b]) => a.filter((place) => b.includes(place)));

const kinds: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<Event>])[] = [
  [5, fc.record({ kind: fc.constant('endpoints' as const), service, endpoints: numbers(ENDPOINTS) })],
  [
    6,
    fc.record({
      kind: fc.constant('state' as const),
      service,
      endpoint: fc.nat({ max: ENDPOINTS - 1 }),
      state: fc.constantFrom(...endpointStates),
    }),
  ],
  [4, fc.record({ kind: fc.constant('places' as const), service, places })],
  [
    2,
    fc.record({
      kind: fc.constant('affinity' as const),
      service,
      seconds: fc.constantFrom(undefined, 0, 60, 2 ** 24),
    }),
  ],
  [
    3,
    fc.record({
      kind: fc.constant('ranges' as const),
      service,
      ranges: fc.subarray([...clientRanges]),
      deny: fc.boolean(),
    }),
  ],
  [
    2,
    fc.record({
      kind: fc.constant('algorithm' as const),
      service,
      algorithm: fc.constantFrom(undefined, 'random', 'maglev'),
    }),
  ],
  [
    2,
    fc.record({
      kind: fc.constant('policy' as const),
      service,
      extLocal: fc.boolean(),
      intLocal: fc.boolean(),
    }),
  ],
  [1, fc.record({ kind: fc.constant('proxy' as const), service, port: fc.constantFrom(undefined, 15001) })],
  [2, fc.record({ kind: fc.constant('remove' as const), service })],
  [1, fc.record({ kind: fc.constant('nodes' as const), nodes: fc.subarray([...nodeAddresses]) })],
  [
    1,
    fc.record({
      kind: fc.constant('option' as const),
      option: fc.constantFrom(...worldOptions),
      on: fc.boolean(),
    }),
  ],
  [
    1,
    fc.record({
      kind: fc.constant('room' as const),
      entries: fc.constantFrom(undefined, undefined, 4, 12, 30),
    }),
  ],
];

const event = fc.oneof(...kinds.map(([weight, arbitrary]) => ({ weight, arbitrary })));

/** What happens between two times that the maps are written. */
export type Step = readonly Event[];

/** Random histories. The first step makes a few services. */
export const histories: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    fc.array(fc.record({ kind: fc.constant('places' as const), service, places }), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.array(fc.array(event, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
  )
  .map(([first, later]) => [first, ...later]);

/** An event in words. */
export function eventText(event: Event): string {
  const { kind, ...rest } = event;
  const fields = Object.entries(rest).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? `[${value.join(', ')}]` : String(value)}`,
  );
  return `${kind}: ${fields.join(', ')}`;
}

import { readFileSync } from 'node:fs';
import { catalog, flowCatalog } from '@lbx/maps';
import { describe, expect, it } from 'vitest';
import { run, vectors } from '../../test/run.ts';

interface Vector {
  readonly map: string;
  readonly kind: 'key' | 'value';
  readonly input: { readonly backendID?: number };
  readonly hex?: string;
}

const all = JSON.parse(readFileSync(vectors('cilium-1.20.2-maps.json'), 'utf8')) as Vector[];
const groups = Map.groupBy(
  all.filter(({ map, hex }) => map !== 'cilium_maglev_inner' && hex !== undefined),
  ({ map, kind }) => `${map} ${kind}`,
);

describe('lbx encode and decode', () => {
  it.each([...groups.keys()])('%s: what decode writes, encode reads', async (group) => {
    const [map = '', kind = ''] = group.split(' ');
    const given = groups.get(group)!;
    // Keys of slot 0 and slot 1, and of tuples with and without the service flag: they decide what values mean.
    const keys = await keysFor(map, kind, given);
    const words = given.map(({ hex }, i) => (keys[i] === undefined ? hex! : `${keys[i]} ${hex}`));
    const decoded = await run(['decode', map, kind], `${words.join('\n')}\n`);
    expect(decoded).toMatchObject({ code: 0, err: '' });
    const encoded = await run(['encode', map, kind], decoded.out);
    expect(encoded).toMatchObject({ code: 0, err: '' });
    expect(encoded.lines).toEqual(given.map(({ hex }) => hex));
  });

  it('knows every map, under both names', async () => {
    for (const name of [...Object.keys(catalog), ...Object.keys(flowCatalog)])
      expect(await run(['encode', name, 'key'])).toMatchObject({ code: 0, out: '' });
    const line = '{"backendId": 7}\n';
    expect((await run(['encode', 'cilium_lb4_backends_v3', 'key'], line)).out).toBe('07000000');
  });

  it('writes and reads lookup tables', async () => {
    const { out } = await run(['encode', 'lb4_maglev', 'value'], '[1,2,258]');
    expect(out).toBe('010000000200000002010000');
    expect((await run(['decode', 'lb4_maglev', 'value'], out)).out).toBe('[1,2,258]');
  });

  it('takes spaces at the ends, 0x, upper case and empty lines', async () => {
    const { lines } = await run(['decode', 'lb4_backends_v3', 'key'], '  0x0A000000 \n\n07000000\n');
    expect(lines).toEqual(['{"backendId":10}', '{"backendId":7}']);
  });

  it('takes 64-bit integers as numbers and as decimal text', async () => {
    const value = (lastUsed: string) => `{"lastUsed": ${lastUsed}, "backendId": 1}`;
    const { lines } = await run(
      ['encode', 'lb4_affinity', 'value'],
      `${value('5')}\n${value('"18446744073709551615"')}`,
    );
    expect(lines).toEqual(['05000000000000000100000000000000', 'ffffffffffffffff0100000000000000']);
    const { code, err } = await run(['encode', 'lb4_affinity', 'value'], value('18446744073709551615'));
    expect(code).toBe(3);
    expect(err).toContain('lastUsed');
  });

  it('encodes to JSON', async () => {
    const { out } = await run(['encode', 'lb4_backends_v3', 'key', '--json'], '{"backendId": 7}');
    expect(JSON.parse(out)).toEqual({ hex: '07000000' });
  });

  it.each([
    ['{"backendId": 1}\n\n{"backendId": ', 'line 3 is not JSON'],
    ['{"backendId": -1}', 'line 1: __u32.backendId: -1 is not an integer in 0..4294967295'],
    ['{"backendID": 1}', 'line 1: a key of lb4_backends_v3 has the fields: backendId'],
    ['{"backendId": 1, "pad": 1}', 'has the fields: backendId'],
    ['{}', 'backendId'],
    ['null', 'line 1: '],
    ['[1]', 'has the fields: backendId'],
    ['"1"', 'expected an object'],
  ])('encode names line and field of %j: 3', async (input, message) => {
    const { code, err } = await run(['encode', 'lb4_backends_v3', 'key'], input);
    expect(code).toBe(3);
    expect(err).toContain(message);
  });

  it('encode says which shapes a value has', async () => {
    const { code, err } = await run(['encode', 'lb4_services_v2', 'value'], '{"frob": 1}');
    expect(code).toBe(3);
    expect(err).toMatch(/has the fields: affinityTimeout, count, .*; or: .*backendId, count/);
  });

  it.each([['[]'], ['[-1]'], ['[1.5]'], ['{"0": 1}']])('%s is no lookup table: 3', async (input) => {
    const { code, err } = await run(['encode', 'lb4_maglev', 'value'], input);
    expect(code).toBe(3);
    expect(err).toContain('line 1: a lookup table is an array of backend ids');
  });

  it.each([
    ['key', '01000000\n0100000', 'line 2: "0100000" is no even number of hexadecimal digits'],
    ['key', '0100000g', 'hexadecimal'],
    ['key', '010000', 'is 4 bytes, got 3'],
    ['key', '01000000 02000000', 'expected one word'],
    ['value', '1 2 3', 'hexadecimal'],
    ['value', '00 00 00', 'expected VALUE, or KEY VALUE'],
  ])('decode %s names what is wrong in %j: 3', async (part, input, message) => {
    const { code, err } = await run(['decode', 'lb4_backends_v3', part], input);
    expect(code).toBe(3);
    expect(err).toContain(message);
  });

  it('decode asks for the key where it decides what the value means', async () => {
    const value = '010000000200000500000000';
    const alone = await run(['decode', 'lb4_services_v2', 'value'], value);
    expect(alone.code).toBe(3);
    expect(alone.err).toContain('depends on its key; write KEY VALUE');
    const key = (slot: string) => `c6336401005${'0'}${slot}0600${'0000'}`;
    const slot0 = await run(['decode', 'lb4_services_v2', 'value'], `${key('0000')} ${value}`);
    expect(JSON.parse(slot0.out)).toHaveProperty('affinityTimeout');
    const slot1 = await run(['decode', 'lb4_services_v2', 'value'], `${key('0100')} ${value}`);
    expect(JSON.parse(slot1.out)).toMatchObject({ backendId: 1 });
  });
});

/** A key for each value whose map needs one, in hex. */
async function keysFor(
  map: string,
  kind: string,
  given: readonly Vector[],
): Promise<readonly (string | undefined)[]> {
  const first = given[0]!.hex!;
  if (kind === 'key' || (await run(['decode', map, kind], first)).code === 0) return [];
  const name = map.slice('cilium_'.length) as keyof typeof catalog;
  const { key } = catalog[name];
  return given.map(({ input }) => {
    const bytes = new Uint8Array(key.size);
    const field = key.fields.find(({ name: one }) => one === 'backendSlot' || one === 'flags');
    if (input.backendID !== undefined && field !== undefined)
      bytes[field.offset] = field.name === 'flags' ? 4 : 1;
    return Buffer.from(bytes).toString('hex');
  });
}

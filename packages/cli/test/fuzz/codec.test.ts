import { type AnyLayout, catalog, flowCatalog } from '@lbx/maps';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fuzz, fuzzMs, nastyValue, orRefuse } from './fuzz.ts';

const layouts = Object.values({ ...catalog, ...flowCatalog } as Record<string, AnyLayout>).filter(
  ({ inner }) => inner === undefined,
);
const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const entries = layouts.map((layout) => ({
  layout,
  arbitrary: fc.tuple(bytes(layout.key.size), bytes(layout.valueSize)),
}));

it('bytes that are read and written read the same, in every layout', { timeout: fuzzMs }, () => {
  const which = fc
    .nat(entries.length - 1)
    .chain((i) => fc.tuple(fc.constant(entries[i]!.layout), entries[i]!.arbitrary));
  fuzz(which, ([layout, [k, v]]) => {
    const key = layout.key.decode(k);
    expect(layout.key.decode(layout.key.encode(key))).toEqual(key);
    const value = layout.value.decode(v, key);
    const written = layout.value.encode(value, key);
    expect(layout.value.decode(written, key)).toEqual(value);
    // What is written is the same every time, padding included.
    expect(layout.value.encode(layout.value.decode(written, key), key)).toEqual(written);
  });
});

it('a field with a value of any kind is written as it is, or refused by name', { timeout: fuzzMs }, () => {
  const spoilt = fc.tuple(fc.nat(layouts.length - 1), fc.nat(20), nastyValue);
  fuzz(spoilt, ([i, at, wrong]) => {
    const { key } = layouts[i]!;
    const sample = key.decode(new Uint8Array(key.size));
    if (typeof sample !== 'object' || sample === null) return;
    const names = Object.keys(sample);
    if (names.length === 0) return;
    const name = names[at % names.length]!;
    const written = orRefuse(
      () => key.encode({ ...sample, [name]: wrong }),
      /^LBX_(FIELD|ADDRESS|SIZE|LAYOUT)/,
    );
    if (written === undefined) return;
    const again = key.decode(written) as Record<string, unknown>;
    // Text of an address may be spelled in another way, and bytes have other types; numbers are what was given.
    if (typeof wrong === 'number' && typeof again[name] === 'number')
      expect(again[name]).toBe(wrong === 0 ? 0 : wrong);
  });
});

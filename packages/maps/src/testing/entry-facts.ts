import { catalog } from '../catalog.ts';
import type { DumpEntry } from '../dump/dump.ts';
import { valueTextOf } from '../dump/dump.ts';
import { lookupTableDigest } from '../layouts/maglev-text.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import type { Facts } from './compare-facts.ts';

/** The fields of an entry's value as a dump names them; a value that is one word is called `value`. */
export function entryFacts({ map, key, value }: DumpEntry): Facts {
  if (value instanceof Uint32Array) return new Map([['table', lookupTableDigest(value)]]);
  const text = valueTextOf((catalog as Readonly<Record<string, AnyLayout>>)[map]!, key).format(value);
  const parts = text.split(' ').map((part): [string, string] => {
    const at = part.indexOf('=');
    return at < 0 ? ['', part] : [part.slice(0, at), part.slice(at + 1)];
  });
  const words = parts.filter(([name]) => name === '').map(([, word]) => word);
  return new Map([
    ...(words.length === 0 ? [] : [['value', words.join(' ')] as [string, string]]),
    ...parts.filter(([name]) => name !== ''),
  ]);
}

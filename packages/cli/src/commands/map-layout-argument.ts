import { type AnyLayout, catalog, isMapName } from '@lbx/maps';
import { InvalidArgumentError } from 'commander';

export type Part = 'key' | 'value';

/** The layout of a map by name; Cilium's prefix may stand before it. */
export function parseMapArgument(name: string): AnyLayout {
  const bare = name.replace(/^cilium_/, '');
  if (isMapName(bare)) return catalog[bare];
  throw new InvalidArgumentError(`there is no such map; known maps: ${Object.keys(catalog).join(', ')}`);
}

export function parsePartArgument(text: string): Part {
  if (text === 'key' || text === 'value') return text;
  throw new InvalidArgumentError("say 'key' or 'value'");
}

import { type AnyLayout, catalog, flowCatalog } from '@lbx/maps';
import { InvalidArgumentError } from 'commander';

export type Part = 'key' | 'value';

/** Cilium's maps and our own. */
const layouts: Readonly<Record<string, AnyLayout>> = { ...catalog, ...flowCatalog };

/** The layout of a map by name; Cilium's prefix may stand before it. */
export function parseMapArgument(name: string): AnyLayout {
  const bare = name.replace(/^cilium_/, '');
  if (Object.hasOwn(layouts, bare)) return layouts[bare]!;
  throw new InvalidArgumentError(`there is no such map; known maps: ${Object.keys(layouts).join(', ')}`);
}

export function parsePartArgument(text: string): Part {
  if (text === 'key' || text === 'value') return text;
  throw new InvalidArgumentError("say 'key' or 'value'");
}

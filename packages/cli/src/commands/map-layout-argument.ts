import { type AnyLayout, catalog, flowCatalog, nearestName } from '@lbx/maps';
import { InvalidArgumentError } from 'commander';

export type Part = 'key' | 'value';

/** Cilium's maps and our own. */
const layouts: Readonly<Record<string, AnyLayout>> = { ...catalog, ...flowCatalog };

/** The layout of a map by name; Cilium's prefix may stand before it. */
export function parseMapArgument(name: string): AnyLayout {
  const bare = name.replace(/^cilium_/, '');
  if (Object.hasOwn(layouts, bare)) return layouts[bare]!;
  const names = Object.keys(layouts);
  const near = nearestName(bare, names);
  throw new InvalidArgumentError(
    near === undefined
      ? `there is no such map; known maps: ${names.join(', ')}`
      : `there is no such map; did you mean ${near}?`,
  );
}

export function parsePartArgument(text: string): Part {
  if (text === 'key' || text === 'value') return text;
  throw new InvalidArgumentError("say 'key' or 'value'");
}

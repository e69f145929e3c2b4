/**
 * A layout that a map had in an earlier version of lbx. Whoever changes a layout gives it the next version (in
 * `layoutVersions`) and describes here what it was, so that what is pinned on a node can be taken along.
 */
export interface OlderLayout {
  readonly version: number;
  readonly keySize: number;
  readonly valueSize: number;
  /** The entry in today's layout; undefined for one that has no place in it. */
  convert(key: Uint8Array, value: Uint8Array): readonly [Uint8Array, Uint8Array] | undefined;
}

/** What is known of the layouts of maps, by name. */
export interface LayoutHistory {
  /** Today's version of those that were ever changed; of all others 1. */
  readonly versions: Readonly<Record<string, number>>;
  readonly older: Readonly<Record<string, readonly OlderLayout[]>>;
}

/** No layout has been changed yet since maps are pinned. */
export const layoutHistory: LayoutHistory = { versions: {}, older: {} };

export const layoutVersion = ({ versions }: LayoutHistory, name: string): number => versions[name] ?? 1;

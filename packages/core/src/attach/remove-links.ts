import { unlinkSync } from 'node:fs';
import { Link } from 'libbpf-ts';
import { type FoundLink, findLinks } from './find-links.ts';

/** A link that is gone already, and a kind that only goes with its last pin and fd. */
const harmless: ReadonlySet<unknown> = new Set(['ENOLINK', 'ENOENT', 'ENOTSUP', 'EOPNOTSUPP']);

/**
 * Detaches the pinned links of lbx with a folder of pins and removes their pins, but for those to keep. What others pinned there
 * stays. Returns the names.
 */
export function removeLinks(pins: string, keep: ReadonlySet<string> = new Set()): string[] {
  const unwanted = findLinks(pins).ours.filter(({ name }) => !keep.has(name));
  for (const link of unwanted) removeLink(link);
  return unwanted.map(({ name }) => name);
}

/** Links whose device, cgroup or network namespace is gone only lose their pin. */
export function removeLink({ path, info }: FoundLink): void {
  try {
    using link = Link.openPinned(path);
    // Somebody else may have pinned another one there meanwhile.
    if (link.info().id !== info.id) return;
    link.detach();
  } catch (error) {
    if (!harmless.has((error as { code?: unknown }).code)) throw error;
  }
  unlinkIfThere(path);
}

/** Somebody else may have been faster. */
export function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
  }
}

import type { Attachment } from './attachment.ts';
import { removeFilters } from './remove-filters.ts';
import { removeLinks } from './remove-links.ts';

/** Takes off what an earlier process attached with this folder of pins, and is not attached in the same way now. */
export function removeUnwanted(
  pins: string,
  wanted: readonly Attachment[],
  isOurMap: (id: number) => boolean,
  onNotice: (notice: string) => void,
): void {
  const links = new Set(wanted.filter(({ plan }) => plan.find === undefined).map(({ name }) => name));
  const filters = new Set(
    wanted
      .filter(({ plan }) => plan.find !== undefined)
      .map(({ plan, link }) => `${plan.hook} ${link.info().ifindex}`),
  );
  const removed = [
    ...removeLinks(pins, links),
    ...removeFilters(isOurMap, pins, (ifindex, direction) => filters.has(`tc ${direction} ${ifindex}`)),
  ];
  if (removed.length > 0) onNotice(`no longer asked for, and detached: ${removed.join(', ')}`);
}

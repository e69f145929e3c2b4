import { Network } from 'libbpf-ts';
import { findFilter } from './clsact.ts';

/**
 * Removes the tc filters of lbx on all devices of this network namespace, but for those to keep: those that use one of
 * these maps. Returns their names, as pins of links would have them.
 */
export function removeFilters(
  isOurMap: (id: number) => boolean,
  pins: string,
  isKept: (ifindex: number, direction: 'ingress' | 'egress') => boolean = () => false,
): string[] {
  using network = new Network();
  const removed: string[] = [];
  for (const { name, ifindex } of network.devices()) {
    for (const direction of ['ingress', 'egress'] as const) {
      if (isKept(ifindex, direction)) continue;
      const filter = findFilter({ ifindex, direction }, isOurMap, pins);
      if (filter === undefined) continue;
      filter.detach();
      filter.close();
      removed.push(`tc_${direction}_${name}`);
    }
  }
  return removed;
}

import { type NetworkDevice, queryTcx } from 'libbpf-ts';
import type { AttachPlan } from './attachment.ts';
import { addFilter, findFilter } from './clsact.ts';
import { pinName } from './device.ts';

/** A tc program: where, under which name it is pinned, and which one it is. */
export interface TcPlace {
  /** Begin of the pin's name: `tc_ingress`. */
  readonly prefix: string;
  readonly direction: 'ingress' | 'egress';
  readonly program: string;
}

/** On devices that packets from outside come by. Replies first: a request must not be translated before its reply can be. */
export const devicePlaces: readonly TcPlace[] = [
  { prefix: 'tc_egress', direction: 'egress', program: 'lbx_tc_egress' },
  { prefix: 'tc_ingress', direction: 'ingress', program: 'lbx_tc_ingress' },
];

/** On the node's ends of pods' veth pairs: what enters the pod leaves the node's end, and the other way round. */
export const podPlaces: readonly TcPlace[] = [
  { prefix: 'tc_to_pod', direction: 'egress', program: 'lbx_tc_to_pod' },
  { prefix: 'tc_from_pod', direction: 'ingress', program: 'lbx_tc_from_pod' },
];

/** By a tcx link, behind the programs that are there. */
export function tcxPlan({ name: device, ifindex }: NetworkDevice, place: TcPlace): AttachPlan {
  const { direction } = place;
  return {
    ...descriptionOf(device, ifindex, place),
    attach: (loaded) => loaded.attachTc({ ifindex, direction, via: 'tcx' }),
    isHere(link) {
      const { id } = link.info();
      return queryTcx({ ifindex, direction }).some(({ linkId }) => linkId === id);
    },
    via: () => 'tcx',
  };
}

/**
 * By a filter on a clsact qdisc, for kernels before 6.6. The kernel keeps it by itself; it is found again by its place
 * and by the maps that its program shares with us.
 */
export function clsactPlan(
  { name: device, ifindex }: NetworkDevice,
  place: TcPlace,
  isOurMap: (id: number) => boolean,
  pins: string,
): AttachPlan {
  const { direction } = place;
  return {
    ...descriptionOf(device, ifindex, place),
    attach: (loaded) => addFilter(loaded, device, { ifindex, direction }),
    find: () => findFilter({ ifindex, direction }, isOurMap, pins),
    isHere: (link) => link.info().attached,
    via: () => 'clsact',
  };
}

function descriptionOf(device: string, ifindex: number, { prefix, direction, program }: TcPlace) {
  return {
    name: `${prefix}_${pinName(device)}`,
    hook: `tc ${direction}` as const,
    device,
    target: `${ifindex}`,
    program,
  };
}

import { Network, type TcNetlinkLink } from 'libbpf-ts';
import { findFilter } from './clsact.ts';
import { openProgram } from './program-pins.ts';

/** A tc filter of lbx on a device of this network namespace. */
export interface FoundFilter {
  /** As the pin of a link would be called: `tc_ingress_eth0`. */
  readonly name: string;
  readonly ifindex: number;
  readonly direction: 'ingress' | 'egress';
  readonly program: { readonly id: number; readonly name: string };
}

/** The tc filters of lbx on all devices of this network namespace: those that use one of these maps. */
export function findFilters(isOurMap: (id: number) => boolean, pins: string): FoundFilter[] {
  using network = new Network();
  return network.devices().flatMap(({ name, ifindex }) =>
    (['ingress', 'egress'] as const).flatMap((direction): FoundFilter[] => {
      const filter = findFilter({ ifindex, direction }, isOurMap, pins);
      if (filter === undefined) return [];
      using open: TcNetlinkLink = filter;
      const { programId } = open.info();
      using program = openProgram(programId, pins);
      return [
        {
          name: `tc_${direction}_${name}`,
          ifindex,
          direction,
          program: { id: programId, name: program.name },
        },
      ];
    }),
  );
}

/** Takes it off, if it is still there and still one of ours. */
export function removeFilter(
  { ifindex, direction }: Pick<FoundFilter, 'ifindex' | 'direction'>,
  isOurMap: (id: number) => boolean,
  pins: string,
): void {
  using filter = findFilter({ ifindex, direction }, isOurMap, pins);
  filter?.detach();
}

/**
 * Removes the tc filters of lbx on all devices of this network namespace, but for those to keep: those that use one of
 * these maps. Returns their names, as pins of links would have them.
 */
export function removeFilters(
  isOurMap: (id: number) => boolean,
  pins: string,
  isKept: (ifindex: number, direction: 'ingress' | 'egress') => boolean = () => false,
): string[] {
  const unwanted = findFilters(isOurMap, pins).filter(
    ({ ifindex, direction }) => !isKept(ifindex, direction),
  );
  for (const filter of unwanted) removeFilter(filter, isOurMap, pins);
  return unwanted.map(({ name }) => name);
}

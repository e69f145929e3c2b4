import type { Projection } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import type { Count } from './counters.ts';
import { readCounts, type TrafficCount, trafficMapsOf } from './traffic.ts';

/** Traffic of one frontend, under the id that it has now. */
export interface ServiceTraffic {
  readonly service: string;
  readonly frontend: string;
  /** Of the frontend: a service that goes and comes back may get another one, and begins anew. */
  readonly id: number;
  readonly requests: Count;
  readonly replies: Count;
}

/**
 * Traffic of the services that are wanted, frontend by frontend: a system call for each; no map is gone through. Those
 * without any are left out.
 */
export function readServiceTraffic(
  maps: ReadonlyMap<string, BpfMap>,
  { frontends }: Pick<Projection, 'frontends'>,
): ServiceTraffic[] {
  const frontend = trafficMapsOf(maps)?.frontend;
  if (frontend === undefined) return [];
  return [...frontends.values()].flatMap((group) => {
    const id = (group.master.value as { revNatIndex: number }).revNatIndex;
    const counts: Pick<TrafficCount, 'requests' | 'replies'> | undefined = readCounts(frontend, id);
    return counts === undefined
      ? []
      : [{ service: group.frontend.service, frontend: group.name, id, ...counts }];
  });
}

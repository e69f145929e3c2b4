import { findCgroup2 } from '@lbx/core';
import { type AttachType, Network, queryCgroup, queryTcFilters, queryTcx, queryXdp } from 'libbpf-ts';

/** A program of some lbx that the kernel runs. */
export interface AttachedHere {
  /** "xdp eth0", "tc ingress eth0", "cgroup_inet4_connect /sys/fs/cgroup" */
  readonly hook: string;
  readonly program: string;
  readonly programId: number;
}

const cgroupHooks: readonly AttachType[] = [
  'cgroup_inet4_connect',
  'cgroup_inet6_connect',
  'cgroup_udp4_sendmsg',
  'cgroup_udp6_sendmsg',
];

/**
 * Programs of lbx on the devices of this network namespace and on the root cgroup, whoever's pins they belong to. What may
 * not be asked for is left out: nothing depends on it.
 */
export function findAttached(): AttachedHere[] {
  using network = new Network();
  const found: AttachedHere[] = [];
  const look = (hook: string, query: () => readonly { programId?: number; programName?: string }[]) => {
    for (const { programId = 0, programName } of quietly(query))
      if (programName?.startsWith('lbx_')) found.push({ hook, program: programName, programId });
  };
  for (const { name, ifindex } of network.devices()) {
    look(`xdp ${name}`, () => queryXdp(ifindex));
    for (const direction of ['ingress', 'egress'] as const) {
      const hook = `tc ${direction} ${name}`;
      look(hook, () => queryTcx({ ifindex, direction }));
      look(hook, () => queryTcFilters({ ifindex, direction }));
    }
  }
  const root = findCgroup2();
  if (root !== undefined)
    for (const type of cgroupHooks) look(`${type} ${root}`, () => queryCgroup({ path: root, type }));
  return found;
}

function quietly<T>(query: () => readonly T[]): readonly T[] {
  try {
    return query();
  } catch {
    return [];
  }
}

import type { Programmer } from './apply/programmer.ts';
import type { Attachment, Hook } from './attach/attachment.ts';
import { type Counters, readCounters } from './counters.ts';
import type { Datapath } from './load/datapath.ts';
import type { Family } from './network/node-addresses.ts';
import type { ResolvedOptions } from './options/resolve-options.ts';
import type { ReconcileStatus } from './reconcile/reconciler.ts';
import { findMapMismatches, type MapMismatch } from './running-maps.ts';
import type { Runtime } from './runtime.ts';
import type { SocketSweeps } from './sockets/socket-sweeper.ts';
import type { SweepCount } from './sweep/sweeper.ts';

export interface AttachmentStatus {
  readonly name: string;
  readonly hook: Hook;
  /** Network device; absent for cgroups. */
  readonly device?: string;
  /** Name of the program in the objects. */
  readonly program: string;
  /** `native` or `generic` (XDP), `tcx` or `clsact` (tc), `link` (cgroup); `gone` when it is no longer there. */
  readonly via: string;
  /** From the kernel: id of the running program and of the link (0: a clsact filter, which is none). */
  readonly programId: number;
  readonly linkId: number;
  /** False when the device or cgroup is gone. */
  readonly attached: boolean;
}

/** What is served of one address family, and where. */
export interface FamilyStatus {
  readonly family: Family;
  /** Are packets of this family served by the programs on the devices? */
  readonly packets: boolean;
  /** Devices by hook. */
  readonly xdp: readonly string[];
  readonly tc: readonly string[];
  readonly pods: readonly string[];
  readonly sockets: boolean;
  /** Source of packets to remote backends; absent: those are dropped. */
  readonly snatAddress?: string;
  /** Where NodePorts are served. */
  readonly nodeAddresses: readonly string[];
}

export interface MapStatus {
  readonly name: string;
  readonly id: number;
  readonly type: string;
  readonly maxEntries: number;
}

export interface FrontendStatus {
  /** "198.51.100.1:80/TCP", "/i" behind for the internal scope. */
  readonly name: string;
  readonly service: string;
  readonly backends: number;
  /** Whether each of its entries is in the maps as it should be. */
  readonly programmed: boolean;
  /** Why it cannot be programmed, or why the last try failed. */
  readonly error?: string;
  /** Since when it is in force as it is, or failing; milliseconds since 1970. Absent for what is refused. */
  readonly since?: number;
  /** How often it was tried in vain, and when it is tried again. */
  readonly attempts?: number;
  readonly nextRetry?: number;
}

/** What the kernel has, next to what was asked for. */
export interface Status {
  readonly attachments: readonly AttachmentStatus[];
  readonly families: readonly FamilyStatus[];
  readonly maps: readonly MapStatus[];
  /** Running programs, and pins, that are about other maps than those that are written: nobody's but an intruder's doing. */
  readonly mismatches: readonly MapMismatch[];
  readonly frontends: readonly FrontendStatus[];
  /** Entries in the service maps by map name. */
  readonly entries: Readonly<Record<string, number>>;
  /** How the maps are kept in line. */
  readonly reconcile: ReconcileStatus;
  /** What became of packets, by reason. */
  readonly counters: Counters;
  /** Flows that are remembered, by table, as the last sweep found them; and how many it gave back since the start. */
  readonly flows: Readonly<Record<string, SweepCount>>;
  /** Connected UDP sockets that were ended because their backend went; absent where nobody looks after them. */
  readonly sockets?: SocketSweeps;
}

/** Reads everything back from the kernel. */
export function readStatus(
  { options, flows, sockets, reconciler }: Pick<Runtime, 'options' | 'flows' | 'sockets' | 'reconciler'>,
  datapath: Datapath,
  attachments: readonly Attachment[],
  programmer: Programmer,
): Status {
  const { frontends, entries } = programmer.status(reconciler.stateOf);
  const attached = attachments.map(attachmentStatus);
  return {
    attachments: attached,
    families: options.serviceFamilies.map((family) => familyStatus(family, options, attached)),
    maps: [...datapath.maps.byName.values()].map(({ name, id, type, maxEntries }) => ({
      name,
      id,
      type,
      maxEntries,
    })),
    mismatches: findMapMismatches(datapath.maps.byName, attachments, options.pins),
    frontends,
    entries,
    reconcile: reconciler.status,
    counters: readCounters(datapath.maps.byName),
    flows,
    ...(sockets === undefined ? {} : { sockets }),
  };
}

function attachmentStatus({
  name,
  link,
  plan: { hook, device, program, via },
}: Attachment): AttachmentStatus {
  const info = link.info();
  return {
    name,
    hook,
    ...(device === undefined ? {} : { device }),
    program,
    via: info.attached ? via(link) : 'gone',
    programId: info.programId,
    linkId: info.id,
    attached: info.attached,
  };
}

function familyStatus(
  family: Family,
  options: ResolvedOptions,
  attachments: readonly AttachmentStatus[],
): FamilyStatus {
  const packets = options.families.includes(family);
  const live = attachments.filter(({ attached }) => attached);
  const on = (...programs: string[]) =>
    packets
      ? [
          ...new Set(
            live.filter(({ program }) => programs.includes(program)).flatMap(({ device }) => device ?? []),
          ),
        ]
      : [];
  const snatAddress = family === 4 ? options.snatAddress : options.snatAddress6;
  return {
    family,
    packets: packets && live.some(({ device }) => device !== undefined),
    xdp: on('lbx_xdp'),
    tc: on('lbx_tc_ingress', 'lbx_tc_egress'),
    pods: on('lbx_tc_from_pod', 'lbx_tc_to_pod'),
    sockets: live.some(({ hook }) => hook === 'cgroup'),
    ...(snatAddress === undefined || !packets ? {} : { snatAddress }),
    nodeAddresses: options.nodeAddresses.filter((address) => address.includes(':') === (family === 6)),
  };
}

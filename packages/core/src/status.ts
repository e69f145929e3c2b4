import type { LinkInfo } from 'libbpf-ts';
import type { Programmer } from './apply/programmer.ts';
import type { Attachment } from './attach/attachment.ts';
import { type Counters, readCounters } from './counters.ts';
import type { Datapath } from './load/datapath.ts';

export interface AttachmentStatus {
  readonly name: string;
  /** From the kernel: id of the running program and of the link. */
  readonly programId: number;
  readonly linkId: number;
  /** False when the device or cgroup is gone. */
  readonly attached: boolean;
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
  /** Why it cannot be programmed. */
  readonly error?: string;
}

/** What the kernel has, next to what was asked for. */
export interface Status {
  readonly attachments: readonly AttachmentStatus[];
  readonly maps: readonly MapStatus[];
  readonly frontends: readonly FrontendStatus[];
  /** Entries in the service maps by map name. */
  readonly entries: Readonly<Record<string, number>>;
  /** What became of packets, by reason. */
  readonly counters: Counters;
}

/** Reads everything back from the kernel; nothing here is remembered. */
export function readStatus(
  datapath: Datapath,
  attachments: readonly Attachment[],
  programmer: Programmer,
): Status {
  const { frontends, entries } = programmer.status();
  return {
    attachments: attachments.map(attachmentStatus),
    maps: [...datapath.maps.byName.values()].map(({ name, id, type, maxEntries }) => ({
      name,
      id,
      type,
      maxEntries,
    })),
    frontends,
    entries,
    counters: readCounters(datapath.maps.byName),
  };
}

function attachmentStatus({ name, link }: Attachment): AttachmentStatus {
  const info: LinkInfo = link.info();
  return { name, programId: info.programId, linkId: info.id, attached: info.attached };
}

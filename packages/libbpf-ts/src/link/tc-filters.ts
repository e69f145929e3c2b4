import { netlinkDump, withNetlink } from '../network/netlink-dump.ts';
import { attributesOf, MessageType, textOf } from '../network/netlink-message.ts';
import { NETLINK_ROUTE } from '../network/netlink-socket.ts';
import type { TcDirection } from './attach-tcx.ts';
import { findInterface } from './network-interface.ts';
import { programNameById } from './xdp-query.ts';

/** A filter on a clsact (or ingress) qdisc, whoever put it there. Those of the lowest priority number run first, all behind tcx. */
export interface TcFilter {
  readonly priority: number;
  readonly handle: number;
  /** `bpf`, `flower`, `matchall`, `u32`, … */
  readonly kind: string;
  /** Of BPF filters: as the one who added it named it, usually `FILE:[SECTION]`. */
  readonly label?: string;
  readonly programId?: number;
  /** As the kernel has it, where this process may read it (CAP_SYS_ADMIN). */
  readonly programName?: string;
}

/** `struct tcmsg`: family 0, index 4, handle 8, parent 12, info 16 (priority and protocol). */
const fixedBytes = 20;
/** TC_H_CLSACT with TC_H_MIN_INGRESS and TC_H_MIN_EGRESS. */
const parents = { ingress: 0xfffffff2, egress: 0xfffffff3 } as const;
const TCA_KIND = 1;
const TCA_OPTIONS = 2;
const TCA_BPF_NAME = 7;
const TCA_BPF_ID = 11;

/** Filters on a side of an interface of this network namespace, in the order they run. Needs no privilege. Throws BpfError. */
export function queryTcFilters(options: {
  readonly ifindex: number | string;
  readonly direction: TcDirection;
}): TcFilter[] {
  const { ifindex, label } = findInterface(options.ifindex);
  const body = Buffer.alloc(fixedBytes);
  body.writeInt32LE(ifindex, 4);
  body.writeUInt32LE(parents[options.direction], 12);
  const subject = `tc ${options.direction} filters of ${label}`;
  const question = {
    type: MessageType.getFilter,
    body,
    answer: MessageType.newFilter,
    read: filterOf,
    subject,
  };
  return withNetlink(NETLINK_ROUTE, (socket) => netlinkDump(socket, question)).sort(
    (a, b) => a.priority - b.priority,
  );
}

/** undefined for the message that stands for a priority as a whole. */
function filterOf(body: Buffer): TcFilter | undefined {
  const handle = body.readUInt32LE(8);
  if (handle === 0) return undefined;
  const attributes = attributesOf(body.subarray(fixedBytes));
  const kind = textOf(attributes.get(TCA_KIND)) ?? '?';
  const common = { priority: body.readUInt32LE(16) >>> 16, handle, kind };
  if (kind !== 'bpf') return common;
  const options = attributesOf(attributes.get(TCA_OPTIONS) ?? Buffer.alloc(0));
  const label = textOf(options.get(TCA_BPF_NAME));
  const programId = options.get(TCA_BPF_ID)?.readUInt32LE(0);
  const programName = programId === undefined ? undefined : programNameById(programId);
  return {
    ...common,
    ...(label === undefined ? {} : { label }),
    ...(programId === undefined ? {} : { programId }),
    ...(programName === undefined ? {} : { programName }),
  };
}

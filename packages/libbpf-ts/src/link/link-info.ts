import { BpfError } from '../errors.ts';
import { type AttachType, attachTypeName } from '../program-type.ts';
import { objectInfo } from '../sys/object-info.ts';

/** `tc-netlink` is a filter on a clsact qdisc, which is no kernel link; `other` is a link of a type not handled here. */
export type LinkKind = 'xdp' | 'tcx' | 'cgroup' | 'netns' | 'iter' | 'tc-netlink' | 'other';

/** Numbers of `enum bpf_link_type`. */
const kinds: Readonly<Record<number, LinkKind>> = {
  3: 'cgroup',
  4: 'iter',
  5: 'netns',
  6: 'xdp',
  11: 'tcx',
};

/** What the kernel says about a link (`struct bpf_link_info`). */
export interface LinkInfo {
  readonly kind: LinkKind;
  /** The kernel's id of the link; 0 for `tc-netlink`. */
  readonly id: number;
  /** The program that runs there now. */
  readonly programId: number;
  /** False once the interface, cgroup or namespace is gone, or after detach(). */
  readonly attached: boolean;
  /** xdp, tcx, tc-netlink: index of the interface, in its own network namespace. */
  readonly ifindex?: number;
  /** cgroup: inode number of the cgroup's folder. */
  readonly cgroupId?: bigint;
  /** netns: inode number of the namespace. */
  readonly netnsInode?: number;
  /** tcx, cgroup, netns: the hook. */
  readonly attachType?: AttachType;
}

/** Reads it from the kernel. Throws BpfError. */
export function readLinkInfo(fd: number): LinkInfo {
  const bytes = Buffer.alloc(56);
  const result = objectInfo(fd, bytes);
  if (result < 0) throw new BpfError({ errno: result, operation: 'read info of', object: `link fd ${fd}` });
  const kind = kinds[bytes.readUInt32LE(0)] ?? 'other';
  const common = { kind, id: bytes.readUInt32LE(4), programId: bytes.readUInt32LE(8) };
  switch (kind) {
    case 'xdp': {
      const ifindex = bytes.readUInt32LE(16);
      return { ...common, ifindex, attached: ifindex !== 0 };
    }
    case 'tcx': {
      const ifindex = bytes.readUInt32LE(16);
      return { ...common, ifindex, attached: ifindex !== 0, ...hook(bytes.readUInt32LE(20)) };
    }
    case 'cgroup': {
      const cgroupId = bytes.readBigUInt64LE(16);
      return { ...common, cgroupId, attached: cgroupId !== 0n, ...hook(bytes.readUInt32LE(24)) };
    }
    case 'netns': {
      const netnsInode = bytes.readUInt32LE(16);
      return { ...common, netnsInode, attached: netnsInode !== 0, ...hook(bytes.readUInt32LE(20)) };
    }
    default:
      return { ...common, attached: true };
  }
}

function hook(number: number): { attachType?: AttachType } {
  const attachType = attachTypeName(number);
  return attachType === undefined ? {} : { attachType };
}

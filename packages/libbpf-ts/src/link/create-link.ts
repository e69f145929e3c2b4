import { Attr, command } from '../sys/bpf.ts';

/** Fields of BPF_LINK_CREATE. */
export interface NewLink {
  readonly programFd: number;
  /** Fd of a cgroup or network namespace, or index of an interface. */
  readonly target: number;
  /** Number of the attach type. */
  readonly attachType: number;
  readonly flags?: number;
  /** tcx: fd of the link to stand before or after. */
  readonly relativeFd?: number;
  /** Iterators: `union bpf_iter_link_info`, what to walk. */
  readonly iterInfo?: Uint8Array;
}

/** BPF_LINK_CREATE: an fd, or a negative errno. */
export function createLinkFd(link: NewLink): number {
  const attr = new Attr()
    .u32(0, link.programFd)
    .u32(4, link.target)
    .u32(8, link.attachType)
    .u32(12, link.flags ?? 0);
  if (link.iterInfo === undefined) attr.u32(16, link.relativeFd ?? 0);
  else attr.pointer(16, link.iterInfo).u32(24, link.iterInfo.length);
  return attr.run(command.linkCreate);
}

import { existsSync, unlinkSync } from 'node:fs';
import { type BpfProgram, Link } from 'libbpf-ts';

/** One program on one hook. */
export interface Attachment {
  /** File name of the pin: `xdp_eth0`, `tc_egress_eth0`, `cgroup_connect4`. */
  readonly name: string;
  readonly link: Link;
  /** It was there before this process and only got a new program. */
  readonly takenOver: boolean;
}

/** What is attached, where, and how to attach it when nothing of ours is there yet. */
export interface AttachPlan {
  readonly name: string;
  readonly program: BpfProgram;
  attach(): Link;
  /** Is a link found pinned still on this hook (and not left over from a device or cgroup that is gone)? */
  isLive(link: Link): boolean;
}

/**
 * Puts a program on its hook. A pinned link of ours gets the new program in one step, without a moment in between;
 * otherwise a new link is made and, if `path` is given, pinned there.
 */
export function attachOrTakeOver(plan: AttachPlan, path: string | undefined): Attachment {
  if (path !== undefined && existsSync(path)) {
    const link = Link.openPinned(path);
    if (plan.isLive(link)) {
      try {
        link.update(plan.program);
        return { name: plan.name, link, takenOver: true };
      } catch (error) {
        link[Symbol.dispose]();
        throw error;
      }
    }
    link[Symbol.dispose]();
    unlinkSync(path);
  }
  const link = plan.attach();
  try {
    if (path !== undefined) link.pin(path);
  } catch (error) {
    link.detach();
    link[Symbol.dispose]();
    throw error;
  }
  return { name: plan.name, link, takenOver: false };
}

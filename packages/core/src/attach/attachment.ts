import { existsSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BpfProgram, Link } from 'libbpf-ts';
import { pinMismatch } from '../load/pin-mismatch.ts';
import type { Undo } from '../undo.ts';
import { openProgram, pinProgram } from './program-pins.ts';

/** Where in the kernel a program runs. */
export type Hook = 'xdp' | 'tc ingress' | 'tc egress' | 'cgroup';

/** What is to be attached, where, and how to attach it when nothing of ours is there yet. */
export interface AttachPlan {
  /** File name of the pin: `xdp_eth0`, `tc_egress_eth0`, `cgroup_connect4`. */
  readonly name: string;
  readonly hook: Hook;
  readonly device?: string;
  /** Which device or cgroup it is, of several that had the name one after the other. */
  readonly target: string;
  /** Name of the program in the objects. */
  readonly program: string;
  /** `undefined`: it cannot be, and the load balancer does without it. */
  attach(program: BpfProgram): Link | undefined;
  /** Is a link found pinned on this hook? */
  isHere(link: Link): boolean;
  /** For what the kernel keeps without a pin: the one of ours that is there. */
  find?(): Link | undefined;
  /** How it is attached: `native`, `tcx`, … */
  via(link: Link): string;
}

/** One program on one hook. */
export interface Attachment {
  readonly plan: AttachPlan;
  readonly name: string;
  readonly link: Link;
  /** It was there before this process and only got a new program. */
  readonly takenOver: boolean;
}

/**
 * Puts a program on its hook. A link of ours that is there gets the new program in one step, without a moment in
 * between; otherwise a new link is made and, if `path` is given, pinned there. `undo` gives a link that was found its
 * program back, and takes a new one off.
 */
export function attachOrTakeOver(
  plan: AttachPlan,
  program: BpfProgram,
  path: string | undefined,
  undo: Undo,
): Attachment | undefined {
  const { name } = plan;
  const pins = path && dirname(dirname(path));
  const found = plan.find ? plan.find() : path && pins && openLive(plan, pins, path);
  if (found) {
    undo.defer(() => found[Symbol.dispose]());
    replaceProgram(found, program, pins, undo);
    return { plan, name, link: found, takenOver: true };
  }
  if (pins !== undefined) pinProgram(program, pins, undo);
  const link = plan.attach(program);
  if (link === undefined) return undefined;
  // Some kinds of links only go with their last fd, so that closing it comes last.
  undo.defer(() => link[Symbol.dispose]());
  undo.defer(() => link.detach());
  undo.defer(() => link.unpin());
  if (path !== undefined && plan.find === undefined) link.pin(path);
  return { plan, name, link, takenOver: false };
}

/** Opens the pinned link when it is on the hook; the pin of a link whose device or cgroup is gone is removed. */
function openLive(plan: AttachPlan, pins: string, path: string): Link | undefined {
  if (!existsSync(path)) return undefined;
  const link = openLink(path, pins);
  try {
    if (plan.isHere(link)) return link;
    const { attached } = link.info();
    if (attached)
      throw pinMismatch(path, 'it is a link to another device or cgroup, where it is attached still', {
        pins,
      });
    unlinkSync(path);
  } catch (error) {
    link[Symbol.dispose]();
    throw error;
  }
  link[Symbol.dispose]();
  return undefined;
}

function openLink(path: string, pins: string): Link {
  try {
    return Link.openPinned(path);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'LBX_WRONG_KIND') throw error;
    throw pinMismatch(path, (error as Error).message, { pins, cause: error });
  }
}

/** Gives a link another program in one step. `pins`: where the programs of links are pinned too. */
export function replaceProgram(link: Link, program: BpfProgram, pins: string | undefined, undo: Undo): void {
  const before = openProgram(link.info().programId, pins);
  if (pins !== undefined) pinProgram(program, pins, undo);
  undo.defer(
    () => link.update(before),
    () => before[Symbol.dispose](),
  );
  link.update(program);
}

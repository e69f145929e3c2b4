import { join } from 'node:path';
import type { BpfObject } from 'libbpf-ts';
import type { ResolvedOptions } from '../options.ts';
import type { Undo } from '../undo.ts';
import { type Attachment, type AttachPlan, attachOrTakeOver } from './attachment.ts';
import { cgroupPlans } from './cgroup.ts';
import { deviceIndex, tcEgressPlan, xdpPlan } from './device.ts';
import { linkFolder } from './link-folder.ts';

/** The loaded objects; those that the options do not ask for are absent. */
export interface Objects {
  readonly xdp?: BpfObject;
  readonly tc?: BpfObject;
  readonly sock?: BpfObject;
}

/** Attaches everything; `undo` takes off what was put on. */
export function attachPrograms(
  objects: Objects,
  cgroup: string | undefined,
  options: ResolvedOptions,
  undo: Undo,
): Attachment[] {
  return plansFor(objects, cgroup, options).map((plan) => {
    const path = options.pins === false ? undefined : join(linkFolder(options.pins), plan.name);
    return attachOrTakeOver(plan, path, undo);
  });
}

function plansFor(objects: Objects, cgroup: string | undefined, options: ResolvedOptions): AttachPlan[] {
  const plans: AttachPlan[] = [];
  for (const device of options.devices) {
    const ifindex = deviceIndex(device);
    // Replies of local backends first: a request must not be translated before its reply can be.
    if (objects.tc) plans.push(tcEgressPlan(objects.tc, device, ifindex));
    if (objects.xdp) plans.push(xdpPlan(objects.xdp, device, ifindex, options.xdpMode));
  }
  if (objects.sock && cgroup !== undefined) plans.push(...cgroupPlans(objects.sock, cgroup));
  return plans;
}

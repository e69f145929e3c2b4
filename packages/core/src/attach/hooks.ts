import { existsSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { BpfProgram, NetworkDevice } from 'libbpf-ts';
import { createUndo, type Undo } from '../undo.ts';
import { type Attachment, type AttachPlan, attachOrTakeOver, replaceProgram } from './attachment.ts';
import { linkFolder } from './link-folder.ts';
import { dropPrograms } from './program-pins.ts';

/** Loaded programs by name. */
type Programs = ReadonlyMap<string, BpfProgram>;

/** Makes the plans for the devices that there are. */
export type MakePlans = (devices: readonly NetworkDevice[]) => AttachPlan[];

/** All hooks of a load balancer. */
export interface Hooks {
  readonly attachments: readonly Attachment[];
  /** Attaches everything; `undo` takes off what was put on. Throws for the first that fails. */
  attach(devices: readonly NetworkDevice[], programs: Programs, undo: Undo): void;
  /**
   * Brings hooks in line with the devices that there are now. What cannot be attached is told as a notice, and tried again
   * the next time. Returns whether anything changed.
   */
  follow(devices: readonly NetworkDevice[], programs: Programs): boolean;
  /** Gives every hook its program of another load. */
  replace(programs: Programs, undo: Undo): void;
  /** Nothing will be taken back any more: lets go of the programs that no hook runs. */
  commit(): void;
  /** Takes everything off. */
  detach(): void;
  close(): void;
}

export function createHooks(
  pins: string | false,
  makePlans: MakePlans,
  onNotice: (notice: string) => void,
): Hooks {
  const attached = new Map<string, Attachment>();
  /** Told once, not with each change of any device. */
  const told = new Map<string, string>();
  /** Plans that do without, by their target. */
  const declined = new Map<string, string>();
  const pathOf = (plan: AttachPlan) => (pins === false ? undefined : join(linkFolder(pins), plan.name));
  const programOf = (programs: Programs, { program }: AttachPlan): BpfProgram => {
    const loaded = programs.get(program);
    if (loaded === undefined) throw new Error(`no loaded object has the program ${program}`);
    return loaded;
  };
  const attachOne = (plan: AttachPlan, programs: Programs, undo: Undo) => {
    const attachment = attachOrTakeOver(plan, programOf(programs, plan), pathOf(plan), undo);
    if (attachment === undefined) declined.set(plan.name, plan.target);
    else attached.set(plan.name, attachment);
    return attachment !== undefined;
  };

  /** Lets go of a hook that is no longer there, or no longer ours. */
  const drop = (attachment: Attachment) => {
    attached.delete(attachment.name);
    const { link, plan } = attachment;
    const path = pathOf(plan);
    quietly(() => link.detach());
    if (path !== undefined && plan.find === undefined && existsSync(path)) quietly(() => unlinkSync(path));
    quietly(() => link[Symbol.dispose]());
  };

  const followOne = (plan: AttachPlan, programs: Programs): boolean => {
    const undo = createUndo();
    try {
      const done = attachOne(plan, programs, undo);
      undo.keep();
      told.delete(plan.name);
      return done;
    } catch (error) {
      undo.run();
      const notice = `cannot attach ${plan.name}: ${(error as Error).message}`;
      if (told.get(plan.name) !== notice) onNotice(notice);
      told.set(plan.name, notice);
      return false;
    }
  };

  return {
    get attachments() {
      return [...attached.values()];
    },
    attach(devices, programs, undo) {
      for (const plan of makePlans(devices)) attachOne(plan, programs, undo);
    },
    follow(devices, programs) {
      const plans = new Map(makePlans(devices).map((plan) => [plan.name, plan]));
      let changed = false;
      for (const attachment of attached.values()) {
        const plan = plans.get(attachment.name);
        if (plan !== undefined && isHere(plan, attachment)) continue;
        drop(attachment);
        changed = true;
      }
      for (const plan of plans.values()) {
        if (attached.has(plan.name) || declined.get(plan.name) === plan.target) continue;
        changed = followOne(plan, programs) || changed;
      }
      return changed;
    },
    replace(programs, undo) {
      for (const { link, plan } of attached.values())
        replaceProgram(link, programOf(programs, plan), pins === false ? undefined : pins, undo);
    },
    commit() {
      if (pins !== false)
        dropPrograms(pins, new Set([...attached.values()].map(({ link }) => link.info().programId)));
    },
    detach() {
      for (const { link } of attached.values()) link.detach();
    },
    close() {
      for (const { link } of attached.values()) link[Symbol.dispose]();
      attached.clear();
    },
  };
}

/** Is the device or cgroup still the one that it was attached to? It may go while it is asked. */
function isHere(plan: AttachPlan, attachment: Attachment): boolean {
  try {
    return plan.target === attachment.plan.target && attachment.link.info().attached;
  } catch {
    return false;
  }
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // Gone with its device.
  }
}

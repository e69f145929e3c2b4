import {
  type Explanation,
  explain,
  type Flow,
  type Frontend,
  frontendsOf,
  type ServiceSpec,
} from '@lbx/maps';
import type { ApplyReport } from './apply/apply-report.ts';
import { createProgrammer, type Programmer } from './apply/programmer.ts';
import { attachPrograms } from './attach/attach-programs.ts';
import type { Attachment } from './attach/attachment.ts';
import { deviceIndex } from './attach/device.ts';
import { linkFolder } from './attach/link-folder.ts';
import { removeLinks } from './attach/remove-links.ts';
import { createPinFolder } from './bpffs.ts';
import { resolveCgroup } from './cgroup-root.ts';
import { createNeighbourKeeper } from './derived/neighbours.ts';
import { CoreError } from './errors.ts';
import { explainOptions } from './explain-options.ts';
import { forwardingNotices } from './forwarding-notice.ts';
import { type Datapath, loadDatapath } from './load/datapath.ts';
import { type LoadBalancerOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { assertPrivileges } from './privileges.ts';
import { removePinned } from './remove-pinned.ts';
import { readStatus, type Status } from './status.ts';
import { createUndo } from './undo.ts';

/** What is loaded and where it is attached, in numbers. */
export interface Summary {
  readonly programs: number;
  readonly maps: number;
  readonly attachments: readonly string[];
  /** Hooks that an earlier process had attached and that only got new programs. */
  readonly takenOver: number;
}

/** A running load balancer: programs on their hooks and maps that are kept in line with what `apply` was last given. */
export interface LoadBalancer extends Disposable {
  readonly options: ResolvedOptions;
  /**
   * Makes exactly these services (or frontends) be served: what is missing is added, what is gone is removed, the rest
   * is not touched. Give the same Frontend objects again for what did not change. Never throws for a single service or
   * a failed write: the report names them, and the next `apply` tries again.
   */
  apply(desired: Iterable<ServiceSpec | Frontend>): ApplyReport;
  /** Read back from the kernel: what is attached, and which frontends are really in the maps. */
  status(): Status;
  /** All entries of the service maps as sorted lines. */
  dump(): string[];
  /** Which backend a flow gets by what is in the maps now, and why. */
  explain(flow: Flow): Explanation;
  summary(): Summary;
  /** Ends this process's part. Pinned programs and maps stay in force; without pins everything is detached. */
  close(): void;
  /** Detaches and removes everything, pinned or not. */
  remove(): void;
}

/**
 * Loads the datapath, attaches it and opens its maps. With pins, state that an earlier process left is taken over:
 * established flows go on, ids stay, and programs are swapped in one step. When anything fails, what this call made is
 * undone before the error is thrown.
 */
export function createLoadBalancer(options: LoadBalancerOptions = {}): LoadBalancer {
  assertPrivileges();
  // Before anything is made: the commonest mistake is a device of another name.
  for (const device of options.devices ?? []) deviceIndex(device);
  const resolved = resolveOptions(options);
  const cgroup = resolved.cgroup === false ? undefined : resolveCgroup(resolved.cgroup);
  if (resolved.devices.length === 0 && cgroup === undefined) {
    throw new CoreError('LBX_BAD_OPTION', 'nothing to attach to: give devices, or leave cgroup on');
  }
  for (const notice of forwardingNotices(resolved.devices)) resolved.onNotice(notice);
  const undo = createUndo();
  try {
    if (resolved.pins !== false) createPinFolder(linkFolder(resolved.pins), undo);
    const datapath = loadDatapath(resolved, cgroup !== undefined, undo);
    const programmer = createProgrammer(datapath, resolved);
    const attachments = attachPrograms(datapath.objects, cgroup, resolved, undo);
    removeUnwantedLinks(resolved, attachments);
    datapath.commit();
    undo.keep();
    return createHandle(resolved, datapath, programmer, attachments);
  } catch (error) {
    undo.run();
    throw error;
  }
}

/** What an earlier process attached in this folder of pins, and these options do not ask for. */
function removeUnwantedLinks({ pins, onNotice }: ResolvedOptions, wanted: readonly Attachment[]): void {
  if (pins === false) return;
  const removed = removeLinks(linkFolder(pins), new Set(wanted.map(({ name }) => name)));
  if (removed.length > 0) onNotice(`no longer asked for, and detached: ${removed.join(', ')}`);
}

function createHandle(
  options: ResolvedOptions,
  datapath: Datapath,
  programmer: Programmer,
  attachments: readonly Attachment[],
): LoadBalancer {
  const neighbours = options.devices.length > 0 ? createNeighbourKeeper() : undefined;
  let open = true;
  const assertOpen = () => {
    if (!open)
      throw new CoreError(
        'LBX_CLOSED',
        'this load balancer is closed; make a new one with createLoadBalancer()',
      );
  };
  const close = () => {
    if (!open) return;
    open = false;
    neighbours?.close();
    for (const { link } of attachments) link[Symbol.dispose]();
    datapath.close();
  };
  return {
    options,
    apply(desired) {
      assertOpen();
      const frontends = [...desired].flatMap((item) => ('frontends' in item ? frontendsOf(item) : [item]));
      const report = programmer.apply(frontends);
      neighbours?.keep(report.remoteBackends);
      return report;
    },
    status() {
      assertOpen();
      return readStatus(datapath, attachments, programmer);
    },
    dump() {
      assertOpen();
      return programmer.dump();
    },
    explain(flow) {
      assertOpen();
      return explain(programmer.snapshot(), flow, explainOptions(options));
    },
    summary: () => ({
      programs: datapath.programs,
      maps: datapath.maps.byName.size,
      attachments: attachments.map(({ name }) => name),
      takenOver: attachments.filter(({ takenOver }) => takenOver).length,
    }),
    close,
    remove() {
      assertOpen();
      if (options.pins === false) for (const { link } of attachments) link.detach();
      else removePinned(options.pins);
      close();
    },
    [Symbol.dispose]: close,
  };
}

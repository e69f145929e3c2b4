import { closeSync, statSync } from 'node:fs';
import { BpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { Attr, command } from '../sys/bpf.ts';
import { kernelIds } from '../sys/ids.ts';
import { queryTcx } from './attached-programs.ts';
import { type LinkInfo, type LinkKind, readLinkInfo } from './link-info.ts';
import { findInterface } from './network-interface.ts';
import { queryXdp } from './xdp-query.ts';

export interface LinkFilter {
  readonly kind?: LinkKind;
  /** Links on this interface of this network namespace. */
  readonly ifindex?: number | string;
  /** Links on this cgroup, by the path of its folder. */
  readonly cgroup?: string;
  readonly programId?: number;
}

/**
 * Links that are in the kernel, whoever made them and wherever they are pinned; `Link.fromId(info.id)` opens one. Needs
 * CAP_SYS_ADMIN.
 */
export function listLinks(filter: LinkFilter = {}): LinkInfo[] {
  const checks: ((info: LinkInfo) => boolean)[] = [];
  if (filter.kind !== undefined) checks.push((info) => info.kind === filter.kind);
  if (filter.programId !== undefined) checks.push((info) => info.programId === filter.programId);
  if (filter.ifindex !== undefined) checks.push(isOnInterface(filter.ifindex));
  if (filter.cgroup !== undefined) {
    // The kernel numbers cgroups by the inode of their folder.
    const id = statSync(filter.cgroup, { bigint: true }).ino;
    checks.push((info) => info.cgroupId === id);
  }
  return [...allLinks()].filter((info) => checks.every((check) => check(info)));
}

function* allLinks(): Generator<LinkInfo> {
  for (const id of kernelIds('link')) {
    if (id < 0) {
      const hint = permissionHint(id, ['CAP_SYS_ADMIN']);
      throw new BpfError({ errno: id, operation: 'list links', object: '', hint });
    }
    const fd = new Attr().u32(0, id).run(command.linkGetFdById);
    // Gone meanwhile.
    if (fd < 0) continue;
    try {
      yield readLinkInfo(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** An index means another interface in another network namespace, and the kernel does not say which: ask the interface. */
function isOnInterface(interfaceOrIndex: number | string): (info: LinkInfo) => boolean {
  const { ifindex } = findInterface(interfaceOrIndex);
  const xdp = new Set(queryXdp(ifindex).map(({ programId }) => programId));
  const tcx = new Set(
    (['ingress', 'egress'] as const).flatMap((direction) =>
      queryTcx({ ifindex, direction }).map(({ linkId }) => linkId),
    ),
  );
  return (info) => {
    if (info.ifindex !== ifindex) return false;
    return info.kind === 'xdp' ? xdp.has(info.programId) : tcx.has(info.id);
  };
}

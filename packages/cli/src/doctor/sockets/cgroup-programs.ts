import { type AttachedProgram, type AttachType, queryCgroup } from 'libbpf-ts';
import { defineCheck } from '../check.ts';

export interface CgroupProgramFacts {
  readonly hooks: readonly { readonly hook: string; readonly programs: readonly AttachedProgram[] }[];
}

const hooks: readonly AttachType[] = [
  'cgroup_inet4_connect',
  'cgroup_inet6_connect',
  'cgroup_udp4_sendmsg',
  'cgroup_udp6_sendmsg',
];

export const cgroupProgramsCheck = defineCheck<CgroupProgramFacts>({
  id: 'cgroup-programs',
  group: 'sockets',
  tries: "lists the programs on the cgroup's hooks for sockets",
  matters: 'two that translate the same connection give it to backends of the one that is asked last',
  remedy: 'stop the other one (Cilium: kube-proxy-replacement=false, socketLB.enabled=false), or --no-cgroup',
  needsRoot: true,
  skips: ({ cgroup }) => (cgroup === undefined ? 'no cgroup' : undefined),
  probe: ({ cgroup = '', named }) => ({
    hooks: hooks.map((hook) => ({
      hook,
      programs: named(queryCgroup({ path: cgroup, type: hook, effective: true })),
    })),
  }),
  judge({ hooks: found }) {
    const strangers = new Map<string, string[]>();
    let ours = 0;
    for (const { hook, programs } of found) {
      for (const { programId, programName = '?' } of programs) {
        if (programName.startsWith('lbx_')) ours++;
        else strangers.set(hook, [...(strangers.get(hook) ?? []), `${programName} (id ${programId})`]);
      }
    }
    if (strangers.size === 0)
      return [{ status: 'ok', found: ours === 0 ? 'nobody is attached' : `only lbx (${ours} programs)` }];
    return [...strangers].map(([about, names]) => ({
      status: names.some((name) => /^cil_/.test(name)) ? ('warn' as const) : ('note' as const),
      about,
      found: `others are attached: ${names.join(', ')}`,
      remedy: 'stop the other load balancer, or go without sockets: --no-cgroup',
    }));
  },
});

import { expect, test } from 'vitest';
import { attachTypes, programTypes } from '../program-type.ts';
import { sectionProgram } from './section-program.ts';

test.each<[string, string, string | undefined]>([
  ['xdp', 'xdp', 'xdp'],
  ['xdp/cpumap', 'xdp', 'xdp_cpumap'],
  ['tc', 'sched_cls', undefined],
  ['classifier', 'sched_cls', undefined],
  ['tcx/egress', 'sched_cls', 'tcx_egress'],
  ['action', 'sched_act', undefined],
  ['socket', 'socket_filter', undefined],
  ['sockops', 'sock_ops', 'cgroup_sock_ops'],
  ['cgroup_skb/egress', 'cgroup_skb', 'cgroup_inet_egress'],
  ['cgroup/skb', 'cgroup_skb', undefined],
  ['cgroup/sock_release', 'cgroup_sock', 'cgroup_inet_sock_release'],
  ['cgroup/post_bind6', 'cgroup_sock', 'cgroup_inet6_post_bind'],
  ['cgroup/connect6', 'cgroup_sock_addr', 'cgroup_inet6_connect'],
  ['cgroup/sendmsg4', 'cgroup_sock_addr', 'cgroup_udp4_sendmsg'],
  ['cgroup/recvmsg6', 'cgroup_sock_addr', 'cgroup_udp6_recvmsg'],
  ['cgroup/getpeername4', 'cgroup_sock_addr', 'cgroup_inet4_getpeername'],
  ['sk_lookup', 'sk_lookup', 'sk_lookup'],
  ['netfilter', 'netfilter', 'netfilter'],
  ['tp/sched/sched_switch', 'tracepoint', undefined],
  ['raw_tp.w/x', 'raw_tracepoint_writable', undefined],
  ['tp_btf/x', 'tracing', 'trace_raw_tp'],
  ['iter/task', 'tracing', 'trace_iter'],
  ['struct_ops/init', 'struct_ops', undefined],
  ['freplace/main', 'ext', undefined],
  ['kprobe.multi/tcp_*', 'kprobe', 'trace_kprobe_multi'],
  // What libbpf 1.0 and later no longer take: whole names must match.
  ['xdp_prog', 'unspec', undefined],
  ['tc/foo', 'unspec', undefined],
  ['cgroup/connect4x', 'unspec', undefined],
  ['toString', 'unspec', undefined],
  ['constructor/x', 'unspec', undefined],
  ['', 'unspec', undefined],
])('%s is %s, attached as %s', (section, type, attachType) => {
  const found = sectionProgram(section);
  expect([found.type, found.expectedAttachType]).toEqual([type, attachType]);
  expect(programTypes).toHaveProperty(found.type);
  if (attachType !== undefined) expect(attachTypes).toHaveProperty(attachType);
});

test.each<[string, object]>([
  ['kprobe/do_sys_open', { attachTo: 'do_sys_open', autoload: true, sleepable: false }],
  ['?kprobe/do_sys_open', { attachTo: 'do_sys_open', autoload: false }],
  ['tp/sched/sched_switch', { attachTo: 'sched/sched_switch' }],
  ['fentry.s/vfs_read', { type: 'tracing', attachTo: 'vfs_read', sleepable: true }],
  ['uprobe.multi.s/lib:f', { expectedAttachType: 'trace_uprobe_multi', attachTo: 'lib:f', sleepable: true }],
  ['xdp.frags', { type: 'xdp', expectedAttachType: 'xdp', frags: true }],
  ['syscall', { type: 'syscall', sleepable: true }],
])('%s: %o', (section, expected) => {
  expect(sectionProgram(section)).toMatchObject(expected);
});

test.each(['kprobe', 'kprobe/', 'lsm'])('%s names no target', (section) => {
  expect(sectionProgram(section)).not.toHaveProperty('attachTo');
});

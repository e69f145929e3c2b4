import type { AttachType, ProgramType } from '../program-type.ts';

/** What a SEC() name says about its programs. */
export interface SectionProgram {
  readonly type: ProgramType;
  readonly expectedAttachType?: AttachType;
  /** What follows the kind: `do_sys_open` of `kprobe/do_sys_open`. */
  readonly attachTo?: string;
  readonly autoload: boolean;
  readonly sleepable: boolean;
  readonly frags: boolean;
}

/**
 * Kinds by their whole section name. From docs.kernel.org, "Program Types and ELF Sections"; an older libbpf knows fewer
 * (1.1 none of tcx, netkit, netfilter and Unix sockets).
 */
const exact: Readonly<Record<string, readonly [ProgramType, AttachType?]>> = {
  socket: ['socket_filter'],
  tc: ['sched_cls'],
  classifier: ['sched_cls'],
  action: ['sched_act'],
  'tc/ingress': ['sched_cls', 'tcx_ingress'],
  'tc/egress': ['sched_cls', 'tcx_egress'],
  'tcx/ingress': ['sched_cls', 'tcx_ingress'],
  'tcx/egress': ['sched_cls', 'tcx_egress'],
  'netkit/primary': ['sched_cls', 'netkit_primary'],
  'netkit/peer': ['sched_cls', 'netkit_peer'],
  xdp: ['xdp', 'xdp'],
  'xdp/devmap': ['xdp', 'xdp_devmap'],
  'xdp/cpumap': ['xdp', 'xdp_cpumap'],
  perf_event: ['perf_event'],
  lwt_in: ['lwt_in'],
  lwt_out: ['lwt_out'],
  lwt_xmit: ['lwt_xmit'],
  lwt_seg6local: ['lwt_seg6local'],
  sockops: ['sock_ops', 'cgroup_sock_ops'],
  sk_skb: ['sk_skb'],
  'sk_skb/stream_parser': ['sk_skb', 'sk_skb_stream_parser'],
  'sk_skb/stream_verdict': ['sk_skb', 'sk_skb_stream_verdict'],
  'sk_skb/verdict': ['sk_skb', 'sk_skb_verdict'],
  sk_msg: ['sk_msg', 'sk_msg_verdict'],
  sk_reuseport: ['sk_reuseport', 'sk_reuseport_select'],
  'sk_reuseport/migrate': ['sk_reuseport', 'sk_reuseport_select_or_migrate'],
  sk_lookup: ['sk_lookup', 'sk_lookup'],
  lirc_mode2: ['lirc_mode2', 'lirc_mode2'],
  flow_dissector: ['flow_dissector', 'flow_dissector'],
  netfilter: ['netfilter', 'netfilter'],
  syscall: ['syscall'],
  'cgroup/skb': ['cgroup_skb'],
  'cgroup_skb/ingress': ['cgroup_skb', 'cgroup_inet_ingress'],
  'cgroup_skb/egress': ['cgroup_skb', 'cgroup_inet_egress'],
  'cgroup/sock': ['cgroup_sock', 'cgroup_inet_sock_create'],
  'cgroup/sock_create': ['cgroup_sock', 'cgroup_inet_sock_create'],
  'cgroup/sock_release': ['cgroup_sock', 'cgroup_inet_sock_release'],
  'cgroup/post_bind4': ['cgroup_sock', 'cgroup_inet4_post_bind'],
  'cgroup/post_bind6': ['cgroup_sock', 'cgroup_inet6_post_bind'],
  'cgroup/bind4': ['cgroup_sock_addr', 'cgroup_inet4_bind'],
  'cgroup/bind6': ['cgroup_sock_addr', 'cgroup_inet6_bind'],
  'cgroup/connect4': ['cgroup_sock_addr', 'cgroup_inet4_connect'],
  'cgroup/connect6': ['cgroup_sock_addr', 'cgroup_inet6_connect'],
  'cgroup/connect_unix': ['cgroup_sock_addr', 'cgroup_unix_connect'],
  'cgroup/sendmsg4': ['cgroup_sock_addr', 'cgroup_udp4_sendmsg'],
  'cgroup/sendmsg6': ['cgroup_sock_addr', 'cgroup_udp6_sendmsg'],
  'cgroup/sendmsg_unix': ['cgroup_sock_addr', 'cgroup_unix_sendmsg'],
  'cgroup/recvmsg4': ['cgroup_sock_addr', 'cgroup_udp4_recvmsg'],
  'cgroup/recvmsg6': ['cgroup_sock_addr', 'cgroup_udp6_recvmsg'],
  'cgroup/recvmsg_unix': ['cgroup_sock_addr', 'cgroup_unix_recvmsg'],
  'cgroup/getpeername4': ['cgroup_sock_addr', 'cgroup_inet4_getpeername'],
  'cgroup/getpeername6': ['cgroup_sock_addr', 'cgroup_inet6_getpeername'],
  'cgroup/getpeername_unix': ['cgroup_sock_addr', 'cgroup_unix_getpeername'],
  'cgroup/getsockname4': ['cgroup_sock_addr', 'cgroup_inet4_getsockname'],
  'cgroup/getsockname6': ['cgroup_sock_addr', 'cgroup_inet6_getsockname'],
  'cgroup/getsockname_unix': ['cgroup_sock_addr', 'cgroup_unix_getsockname'],
  'cgroup/sysctl': ['cgroup_sysctl', 'cgroup_sysctl'],
  'cgroup/getsockopt': ['cgroup_sockopt', 'cgroup_getsockopt'],
  'cgroup/setsockopt': ['cgroup_sockopt', 'cgroup_setsockopt'],
  'cgroup/dev': ['cgroup_device', 'cgroup_device'],
};

/** Kinds that may be followed by "/" and what to attach to. */
const prefixes: Readonly<Record<string, readonly [ProgramType, AttachType?]>> = {
  kprobe: ['kprobe'],
  kretprobe: ['kprobe'],
  'kprobe.multi': ['kprobe', 'trace_kprobe_multi'],
  'kretprobe.multi': ['kprobe', 'trace_kprobe_multi'],
  'kprobe.session': ['kprobe', 'trace_kprobe_session'],
  uprobe: ['kprobe'],
  uretprobe: ['kprobe'],
  'uprobe.multi': ['kprobe', 'trace_uprobe_multi'],
  'uretprobe.multi': ['kprobe', 'trace_uprobe_multi'],
  'uprobe.session': ['kprobe', 'trace_uprobe_session'],
  ksyscall: ['kprobe'],
  kretsyscall: ['kprobe'],
  usdt: ['kprobe'],
  tp: ['tracepoint'],
  tracepoint: ['tracepoint'],
  raw_tp: ['raw_tracepoint'],
  raw_tracepoint: ['raw_tracepoint'],
  'raw_tp.w': ['raw_tracepoint_writable'],
  'raw_tracepoint.w': ['raw_tracepoint_writable'],
  tp_btf: ['tracing', 'trace_raw_tp'],
  fentry: ['tracing', 'trace_fentry'],
  fexit: ['tracing', 'trace_fexit'],
  fmod_ret: ['tracing', 'modify_return'],
  iter: ['tracing', 'trace_iter'],
  freplace: ['ext'],
  lsm: ['lsm', 'lsm_mac'],
  lsm_cgroup: ['lsm', 'lsm_cgroup'],
  struct_ops: ['struct_ops'],
};

/** Kinds with a sleepable form, whose name ends in ".s". */
const sleepable =
  /^(fentry|fexit|fmod_ret|iter|lsm|struct_ops|usdt|u(ret)?probe(\.multi|\.session)?)\.s(?=\/|$)/;

/**
 * What libbpf makes of a section name. A name it does not know gives type `'unspec'`: such programs load only when the
 * type is set by hand.
 */
export function sectionProgram(section: string): SectionProgram {
  const autoload = !section.startsWith('?');
  const name = autoload ? section : section.slice(1);
  const frags = /^xdp\.frags(?=\/|$)/.test(name);
  const plain = frags ? name.replace('xdp.frags', 'xdp') : name;
  const whole = Object.hasOwn(exact, plain) ? exact[plain] : undefined;
  if (whole !== undefined) {
    return describe(whole, { autoload, frags, sleepable: plain === 'syscall' });
  }
  const sleeps = sleepable.exec(name);
  const kindAndRest = sleeps === null ? name : `${sleeps[1]}${name.slice(sleeps[0].length)}`;
  const slash = kindAndRest.indexOf('/');
  const kind = slash === -1 ? kindAndRest : kindAndRest.slice(0, slash);
  const prefix = Object.hasOwn(prefixes, kind) ? prefixes[kind] : undefined;
  if (prefix === undefined) return { type: 'unspec', autoload, sleepable: false, frags: false };
  const described = describe(prefix, { autoload, frags, sleepable: sleeps !== null });
  return slash === -1 || slash === kindAndRest.length - 1
    ? described
    : { ...described, attachTo: kindAndRest.slice(slash + 1) };
}

function describe(
  [type, expectedAttachType]: readonly [ProgramType, AttachType?],
  rest: { autoload: boolean; sleepable: boolean; frags: boolean },
): SectionProgram {
  return expectedAttachType === undefined ? { type, ...rest } : { type, expectedAttachType, ...rest };
}

import { expect, it } from 'vitest';
import { judge } from './judge.ts';

const one = (status: string, found: RegExp, remedy?: RegExp) => [
  expect.objectContaining({
    status,
    found: expect.stringMatching(found),
    ...(remedy === undefined ? {} : { remedy: expect.stringMatching(remedy) }),
  }),
];
const features = Object.fromEntries(
  [
    'batch operations',
    'ring buffers',
    'maps of maps',
    'prefix tries',
    'cgroup links',
    'XDP links',
    'tcx links',
    'iterators',
    'redirect into pods',
    "the kernel's BTF",
  ].map((name) => [name, true]),
);
const probe = { families: [4, 6], programs: ['a', 'b'], hz: 250, ms: 12.4, kernel: '6.1.0' };
const mount = { path: '/sys/fs/cgroup', isCgroup2: true, v1: [], kernel: '6.1.0' };
const sockets = {
  cgroup: '/c',
  untried: [],
  own: { connect4: 1, connect6: 1, sendmsg4: 1, sendmsg6: 1 },
  child: { connect4: 1 },
  isRoot: true,
  isPart: false,
  isAbove: false,
  isSandbox: false,
  isInUse: false,
};
const none = { connect4: 0, connect6: 0, sendmsg4: 0, sendmsg6: 0 };
const bpffs = { pins: '/b/lbx', existing: '/b', isBpffs: true };

const port = {
  place: '127.0.0.1:10256',
  isTaken: false,
  isProxy: false,
  processes: [],
  agent: { running: false },
};
const taken = { ...port, isTaken: true, isProxy: true, processes: [{ pid: 7, command: 'node' }] };

it.each([
  ['libbpf', { version: '1.5', path: '/lib/libbpf.so.1' }, one('ok', /libbpf 1\.5 \(\/lib/)],
  [
    'libbpf',
    { problem: 'cannot load', hint: 'apt-get install libbpf1' },
    one('fail', /cannot load/, /apt-get/),
  ],
  [
    'capabilities',
    { missing: [], userNamespace: false, seccomp: 2, lockdown: 'integrity' },
    one('ok', /seccomp filter, lockdown integrity/),
  ],
  [
    'capabilities',
    { missing: ['CAP_BPF'], userNamespace: false, seccomp: 0 },
    one('fail', /CAP_BPF \(loads/, /add: \[BPF\]/),
  ],
  ['capabilities', { missing: ['CAP_BPF'], ordinaryUser: true }, one('skipped', /needs root/, /sudo/)],
  ['capabilities', { missing: [], userNamespace: true, seccomp: 0 }, one('fail', /rootless/, /outside/)],
  [
    'capabilities',
    { missing: [], userNamespace: false, seccomp: 0, lockdown: 'confidentiality' },
    one('warn', /confidentiality/, /integrity/),
  ],
  ['kernel-features', features, one('ok', /tcx links/)],
  ['kernel-features', { ...features, 'tcx links': false }, one('note', /clsact/)],
  ['kernel-features', { ...features, 'cgroup links': false }, one('fail', /5\.7/, /newer kernel/)],
  [
    'kernel-features',
    { ...features, 'batch operations': false },
    one('warn', /entry by entry/, /newer kernel/),
  ],
  ['programs', probe, one('ok', /all 2 programs \(IPv4, IPv6; 12 ms\)/)],
  [
    'programs',
    { kernel: '4.19.0', problem: 'unknown func 130' },
    one('fail', /4\.19\.0 .*unknown func 130/, /newer kernel/),
  ],
  ['jit', { enable: 1, harden: 0, jitedBytes: 29 }, one('ok', /machine code/)],
  [
    'jit',
    { enable: 0, jitedBytes: 0 },
    one('warn', /interpreted \(bpf_jit_enable is 0\)/, /bpf_jit_enable=1/),
  ],
  ['jit', { enable: 1, harden: 2, jitedBytes: 29 }, one('note', /blinded/, /bpf_jit_harden=1/)],
  ['bpffs', bpffs, one('ok', /\/b can be opened/)],
  ['bpffs', { ...bpffs, isBpffs: false }, one('fail', /not in a BPF file system/, /mount -t bpf/)],
  ['bpffs', { ...bpffs, problem: 'EROFS' }, one('fail', /EROFS/, /remount/)],
  ['memory', { mebibytes: 32 }, one('ok', /32 MiB/)],
  [
    'memory',
    { mebibytes: 32, code: 'EPERM', limit: '65536' },
    one('fail', /EPERM/, /ulimit -l unlimited \(it is 65536\)/),
  ],
  ['memory', { mebibytes: 32, code: 'ENOMEM' }, one('fail', /ENOMEM/, /memory cgroup/)],
  ['open-files', { limit: 20000 }, one('ok', /20000/)],
  ['open-files', { limit: 256 }, one('warn', /only 256/, /ulimit -n/)],
  ['open-files', { limit: undefined }, one('note', /cannot be read/)],
  ['cgroup-mount', mount, one('ok', /\/sys\/fs\/cgroup/)],
  [
    'cgroup-mount',
    { ...mount, path: undefined, isCgroup2: false },
    one('fail', /no cgroup v2/, /mount -t cgroup2/),
  ],
  ['cgroup-mount', { ...mount, isCgroup2: false }, one('fail', /no folder of cgroup v2/, /--cgroup/)],
  [
    'cgroup-mount',
    { ...mount, v1: ['net_cls'], kernel: '5.10.3' },
    [expect.anything(), ...one('warn', /at the root only/, /cgroup_no_v1/)],
  ],
  ['cgroup-mount', { ...mount, v1: ['net_cls'] }, [expect.anything(), ...one('note', /no harm/)]],
  ['cgroup-sockets', sockets, one('ok', /all 4 hooks tried, and those of cgroups below/)],
  [
    'cgroup-sockets',
    { ...sockets, own: { ...none, connect4: 1, sendmsg4: 1 }, untried: ['connect6', 'sendmsg6'] },
    one('ok', /all 2 hooks/),
  ],
  [
    'cgroup-sockets',
    { ...sockets, own: none },
    one('fail', /connect4, connect6, sendmsg4, sendmsg6 was not asked/, /--cgroup/),
  ],
  [
    'cgroup-sockets',
    { ...sockets, child: { connect4: 0 } },
    one('fail', /below \/c was not seen/, /bpftool/),
  ],
  ['cgroup-sockets', { ...sockets, isRoot: false }, one('fail', /cgroup namespace/, /hostPath.*--sandbox/)],
  [
    'cgroup-sockets',
    { ...sockets, isRoot: false, isInUse: true },
    [...one('ok', /sees/), ...one('warn', /lbx is attached there/, /--sandbox/)],
  ],
  [
    'cgroup-sockets',
    { ...sockets, isRoot: false, isSandbox: true },
    [...one('ok', /sees/), ...one('note', /only processes below/)],
  ],
  [
    'cgroup-sockets',
    { ...sockets, isRoot: false, isPart: true },
    [...one('ok', /sees/), ...one('note', /only processes below/)],
  ],
  [
    'cgroup-sockets',
    { ...sockets, isRoot: false, isAbove: true },
    [...one('ok', /sees/), ...one('note', /the node itself is a container/)],
  ],
  [
    'cgroup-sockets',
    { ...sockets, child: undefined, childProblem: 'EROFS' },
    [...one('ok', /hooks tried$/), ...one('note', /EROFS/)],
  ],
  ['cgroup-programs', { hooks: [{ hook: 'cgroup_inet4_connect', programs: [] }] }, one('ok', /nobody/)],
  [
    'cgroup-programs',
    { hooks: [{ hook: 'h', programs: [{ programId: 1, programName: 'lbx_connect4' }] }] },
    one('ok', /only lbx/),
  ],
  [
    'cgroup-programs',
    { hooks: [{ hook: 'h', programs: [{ programId: 7, programName: 'cil_sock4_conne' }] }] },
    one('warn', /cil_sock4_conne \(id 7\)/, /--no-cgroup/),
  ],
  [
    'cgroup-programs',
    { hooks: [{ hook: 'h', programs: [{ programId: 7, programName: 'systemd' }] }] },
    one('note', /systemd/),
  ],
  ['kube-proxy', { chains: [], ipvs: false }, one('ok', /nothing/)],
  [
    'kube-proxy',
    { chains: [{ by: 'nftables', table: 'kube-proxy', chain: 'services' }], ipvs: true },
    one('warn', /nftables table kube-proxy, the device kube-ipvs0/, /--cleanup/),
  ],
  [
    'kube-proxy',
    { chains: [{ by: 'iptables', table: 'nat', chain: 'KUBE-SERVICES' }], ipvs: false },
    one('warn', /iptables chain KUBE-SERVICES in nat/),
  ],
  ['health-port', port, one('ok', /nobody listens/)],
  ['health-port', { ...port, agent: { running: true, pid: 7 } }, one('note', /elsewhere, or off/)],
  ['health-port', { ...taken, agent: { running: true, pid: 7 } }, one('ok', /lbx answers/)],
  [
    'health-port',
    { ...taken, processes: [{ pid: 9, command: 'kube-proxy' }] },
    one('warn', /kube-proxy runs \(process 9\)/, /replace-kube-proxy/),
  ],
  ['health-port', taken, one('warn', /no lbx runs on these pins/, /--healthz-bind-address/)],
  ['health-port', { ...taken, processes: [], agent: { running: true } }, one('ok', /as lbx does/)],
  ['health-port', { ...taken, isProxy: false }, one('warn', /is taken \(process 7, node\)/)],
  ['health-port', { ...taken, isProxy: false, processes: [] }, one('warn', /not to be seen from here/)],
  ['cilium', { folder: '/f', pins: [] }, one('ok', /nothing/)],
  [
    'cilium',
    { folder: '/f', pins: ['cilium_lb4_services_v2'] },
    one('warn', /load balancer/, /kubeProxyReplacement/),
  ],
  ['cilium', { folder: '/f', pins: ['cilium_metrics'] }, one('note', /1 maps/)],
])('%s of %j', (id, facts, verdicts) => {
  expect(judge(id, facts)).toEqual(verdicts);
});

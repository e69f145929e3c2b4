import { isInUserNamespace, missingCapabilities } from 'libbpf-ts';
import { defineCheck } from '../check.ts';
import { needsRoot, type Verdict } from '../finding.ts';

/** What is missing of what lbx needs, and what else stands in the way. */
export interface PrivilegeFacts {
  readonly missing: readonly string[];
  /** CAP_SYS_ADMIN, which little needs. */
  readonly sysAdmin: boolean;
  readonly userNamespace: boolean;
  /** Another user than root, without any capability: nobody runs lbx so. */
  readonly ordinaryUser: boolean;
  /** Seccomp mode of this process: 0 none, 2 filter. */
  readonly seccomp: number;
  /** `none`, `integrity`, `confidentiality`; undefined where the kernel has none. */
  readonly lockdown?: string;
}

/** What each is for. */
const uses: Readonly<Record<string, string>> = {
  CAP_NET_ADMIN: 'attaches to devices and cgroups',
  CAP_BPF: 'loads programs and maps',
  CAP_PERFMON: 'lets programs read packets as the verifier likes it',
};

export const capabilitiesCheck = defineCheck<PrivilegeFacts>({
  id: 'capabilities',
  group: 'kernel',
  tries:
    'compares the capabilities in effect with those that lbx needs; seccomp, user namespace and lockdown beside them',
  matters: 'the kernel refuses to load, attach or read',
  remedy:
    'run as root (sudo), or give a container the capabilities named, without a user namespace of its own',
  needsRoot: false,
  probe({ isRoot, read }) {
    const lockdown = /\[(\w+)\]/.exec(read('/sys/kernel/security/lockdown') ?? '')?.[1];
    return {
      missing: missingCapabilities(['CAP_NET_ADMIN', 'CAP_BPF', 'CAP_PERFMON']),
      ordinaryUser: !isRoot && /^CapEff:\s*0+$/m.test(read('/proc/self/status') ?? ''),
      sysAdmin: missingCapabilities(['CAP_SYS_ADMIN']).length === 0,
      userNamespace: isInUserNamespace(),
      seccomp: Number(/^Seccomp:\s*(\d)/m.exec(read('/proc/self/status') ?? '')?.[1] ?? 0),
      ...(lockdown === undefined ? {} : { lockdown }),
    };
  },
  judge({ missing, sysAdmin, ordinaryUser, userNamespace, seccomp, lockdown }) {
    if (ordinaryUser) return [needsRoot];
    const verdicts: Verdict[] = [];
    if (missing.length > 0) {
      verdicts.push({
        status: 'fail',
        found: `missing: ${missing.map((name) => `${name} (${uses[name]})`).join(', ')}`,
        remedy: `sudo lbx doctor; in Kubernetes securityContext.capabilities.add: [${missing.map((name) => name.slice(4)).join(', ')}]`,
      });
    }
    if (userNamespace) {
      verdicts.push({
        status: 'fail',
        about: 'user namespace',
        found:
          'this process is in a user namespace, where capabilities do not count for BPF (a rootless container?)',
        remedy: 'run it outside of the container, or in one with the user namespace of the host',
      });
    }
    if (lockdown === 'confidentiality') {
      verdicts.push({
        status: 'warn',
        about: 'lockdown',
        found: 'kernel lockdown is in confidentiality mode: programs may not read kernel memory',
        remedy: 'boot with lockdown=integrity if iterators or traces are refused',
      });
    }
    if (verdicts.length > 0) return verdicts;
    const beside = [
      ...(sysAdmin
        ? []
        : [
            'without CAP_SYS_ADMIN connected UDP sockets in pods stay with a backend that is gone, and programs of others have no names',
          ]),
      ...(seccomp === 2 ? ['under a seccomp filter'] : []),
      ...(lockdown ? [`lockdown ${lockdown}`] : []),
    ];
    return [
      { status: 'ok', found: `all that lbx needs${beside.length === 0 ? '' : ` (${beside.join(', ')})`}` },
    ];
  },
});

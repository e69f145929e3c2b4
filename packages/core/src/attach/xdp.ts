import { type BpfProgram, type NetworkDevice, queryXdp } from 'libbpf-ts';
import { CoreError } from '../errors.ts';
import type { XdpChoice } from '../options/options.ts';
import type { AttachPlan } from './attachment.ts';
import { pinName } from './device.ts';

/** Errors of a driver without native XDP, and of one that cannot have it with this MTU or set of features. */
const unsupported: ReadonlySet<unknown> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ERANGE', 'EINVAL', 'E2BIG']);
const taken: ReadonlySet<unknown> = new Set(['EBUSY', 'EEXIST']);
const program = 'lbx_xdp';

/** The XDP program of a device: requests, and replies of remote backends. */
export function xdpPlan(
  { name: device, ifindex, kind }: NetworkDevice,
  choice: Exclude<XdpChoice, 'off'>,
  onNotice: (notice: string) => void,
): AttachPlan {
  const without = (why: string) => {
    onNotice(`no XDP on ${device}, its packets are balanced at tc, which costs more: ${why}`);
    return undefined;
  };
  return {
    name: `xdp_${pinName(device)}`,
    hook: 'xdp',
    device,
    target: `${ifindex}`,
    program,
    attach(loaded: BpfProgram) {
      if (choice === 'auto' && kind === 'veth') {
        return without(
          "a veth device loses what XDP sends back unless an XDP program is at its other end; if there is one, say 'native'",
        );
      }
      try {
        return loaded.attachXdp({ ifindex, mode: choice === 'auto' ? 'native' : choice });
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (taken.has(code)) {
          const problem = hookTaken(error, device, ifindex);
          if (choice !== 'auto' || problem.data.ours === true) throw problem;
          return without(problem.message);
        }
        if (choice === 'generic' || !unsupported.has(code)) throw error;
        if (choice === 'auto')
          return without(`its driver refuses (${(error as Error).message.split('\n')[0]})`);
        throw noNative(error, device);
      }
    },
    // The same index may be another device in another network namespace: ask the device of this one.
    isHere(link) {
      const running = link.info().programId;
      return queryXdp(ifindex).some(({ programId }) => programId === running);
    },
    via(link) {
      const running = link.info().programId;
      return queryXdp(ifindex).find(({ programId }) => programId === running)?.mode ?? 'gone';
    },
  };
}

function noNative(cause: unknown, device: string): CoreError {
  return new CoreError(
    'LBX_NO_NATIVE_XDP',
    `the driver of device ${device} takes no native XDP program: ${(cause as Error).message}. ` +
      "Use xdp 'auto' (tc where there is no native XDP) or 'generic'",
    { device },
    { cause },
  );
}

/** XDP holds one program, and lbx never takes another's place. */
function hookTaken(cause: unknown, device: string, ifindex: number): CoreError {
  const programs = queryXdp(ifindex);
  const named = programs.map(
    ({ programName, programId, mode }) => `'${programName ?? '?'}' (id ${programId}, ${mode})`,
  );
  const ours = programs.some(({ programName }) => programName === program);
  const remedy = ours
    ? 'that is a load balancer of another pin folder, or of a process without pins: stop it, or remove it with `lbx cleanup --pins FOLDER`'
    : `stop what attached it, or take it off with \`ip link set dev ${device} xdp off\``;
  return new CoreError(
    'LBX_HOOK_TAKEN',
    `device ${device} has an XDP program already: ${named.join(', ') || 'it went meanwhile'}; it is left as it is. ${remedy}`,
    { device, programs, ours },
    { cause },
  );
}

import { skbContext, xdpContext } from '@lbx/testing';
import type { BpfError } from 'libbpf-ts';
import type { Kernel } from './kernel.ts';
import type { PacketOp } from './op.ts';

const XDP_VERDICTS: Record<number, string> = { 1: 'drop', 2: 'pass', 3: 'tx', 4: 'redirect' };
const TC_VERDICTS: Record<number, string> = { 4294967295: 'pass', 2: 'drop', 7: 'redirect' };
/** In place of a verdict: the sum of all bytes that a device made is no longer true (CHECKSUM_COMPLETE). */
export const SPOILT_SUM = "the kernel's sum of the packet is spoilt";
const PROGRAMS = { 'tc-ingress': 'lbx_tc_ingress', 'tc-egress': 'lbx_tc_egress' } as const;

/** A frame through the program of its hook, at the node's device; undefined when the kernel does not take it. */
export function runProgram(
  kernel: Kernel,
  { hook, frame, complete, device }: PacketOp,
): { verdict: string; data: Uint8Array } | undefined {
  const ifindex = kernel.node.ifindex[device];
  if (hook === 'xdp') {
    const ctx = xdpContext(frame.length, ifindex);
    const { retval, data } = kernel.program('lbx_xdp').testRun({ data: frame, ctx });
    return { verdict: XDP_VERDICTS[retval] ?? `${retval}`, data };
  }
  const program = kernel.program(PROGRAMS[hook]);
  try {
    const { retval, data } = program.testRun({
      data: frame,
      ctx: skbContext(ifindex),
      checksumComplete: complete === true,
    });
    return { verdict: TC_VERDICTS[retval >>> 0] ?? `${retval}`, data };
  } catch (error) {
    const { code } = error as BpfError;
    // The kernel does not make a socket buffer of everything.
    if (code === 'EINVAL') return undefined;
    if (code === 'EBADMSG') return { verdict: SPOILT_SUM, data: frame };
    throw error;
  }
}

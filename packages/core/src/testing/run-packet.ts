import type { OptionShape } from '@lbx/maps';
import { type PacketBuilder, type ParsedPacket, parsePacket } from '@lbx/testing/packet';
import { skbContext, xdpContext } from '@lbx/testing/places';
import { BpfProgram, findInterface, inNetns, queryTcx, queryXdp } from 'libbpf-ts';
import { CoreError } from '../errors.ts';
import { assertShape } from '../options/assert-options.ts';

/** Where a frame meets a program: as it comes in by a device (`xdp`, `tc ingress`), or as it leaves (`tc egress`). */
export type PacketHook = 'xdp' | 'tc ingress' | 'tc egress';

/** What a program said of a frame. `pass`: on to the next program, or to the kernel. */
export type PacketVerdict = 'pass' | 'drop' | 'tx' | 'redirect' | 'aborted' | 'stolen' | `${number}`;

export interface RunPacketOptions {
  /** The device that the frame comes in by or leaves by. */
  readonly device: string;
  /** `tc ingress` when absent. */
  readonly hook?: PacketHook;
  /** The namespace that the device is in, such as one of `createNetns`; this thread's when absent. */
  readonly netns?: { readonly path: string };
  /** Name of the program, as the kernel has it (15 characters); when absent, the first whose name begins with `lbx_`. */
  readonly program?: string;
}

export interface PacketOutcome {
  readonly verdict: PacketVerdict;
  /** The frame as the program left it. That which was given is never changed. */
  readonly bytes: Uint8Array;
  /** The same, taken apart. */
  readonly packet: ParsedPacket;
  /** It came out as it went in. */
  readonly untouched: boolean;
  /** The program that it met. */
  readonly program: string;
  /** For `toHaveVerdict`: what a failed expectation tells. */
  readonly steps: readonly { readonly text: string }[];
}

const shape: OptionShape<RunPacketOptions> = {
  device: 'text',
  hook: 'text',
  netns: 'object',
  program: 'text',
};

const xdpVerdicts: Readonly<Record<number, PacketVerdict>> = {
  0: 'aborted',
  1: 'drop',
  2: 'pass',
  3: 'tx',
  4: 'redirect',
};
/** TC_ACT_UNSPEC (to the next program) is -1. */
const tcVerdicts: Readonly<Record<number, PacketVerdict>> = {
  4294967295: 'pass',
  0: 'pass',
  2: 'drop',
  4: 'stolen',
  7: 'redirect',
};

/**
 * Runs a frame through a program that is attached to a device (BPF_PROG_TEST_RUN), lbx's or another: verdict, and the frame
 * as it comes out. Nothing is sent. All else is as with a frame that came over the wire: maps, routes and neighbours are those of the
 * namespace, flows are remembered, packets counted. Each run begins with the frame as it was given.
 *
 *     using node = createNetns('node');
 *     createVethPair({ ns: node, device: 'eth0', addresses: ['192.0.2.1/24'] }, …);
 *     using lb = inNetns(node.path, () => createLoadBalancer({ devices: ['eth0'], pins: false, cgroup: false }));
 *     lb.apply([web]);
 *     const request = eth().ipv4({ src: '192.0.2.9', dst: '198.51.100.1' }).tcp({ sport: 40000, dport: 80, flags: ['syn'] });
 *     const outcome = runPacket(request, { device: 'eth0', netns: node });
 *     expect(outcome.bytes).toBePacket({ ipv4: { dst: '192.0.2.10' }, tcp: { dport: 8080 } });
 *
 * @throws CoreError `LBX_NO_PROGRAM` when none of that name is attached there; errors of libbpf-ts.
 */
export function runPacket(frame: Uint8Array | PacketBuilder, options: RunPacketOptions): PacketOutcome {
  assertShape(options, shape);
  const { device, hook = 'tc ingress', netns, program: wanted } = options;
  if (!(frame instanceof Uint8Array) && typeof frame?.bytes !== 'function')
    throw new CoreError('LBX_BAD_OPTION', 'runPacket: expected the bytes of a frame, or a packet of eth()');
  const data = frame instanceof Uint8Array ? frame : frame.bytes();
  const run = (): PacketOutcome => {
    const { ifindex } = findInterface(device);
    const { programId } = findProgram(ifindex, device, hook, wanted);
    using program = BpfProgram.fromId(programId);
    const isXdp = hook === 'xdp';
    const ctx = isXdp ? xdpContext(data.length, ifindex) : skbContext(ifindex);
    const { retval, data: bytes } = program.testRun({ data, ctx });
    const verdicts = isXdp ? xdpVerdicts : tcVerdicts;
    return {
      verdict: verdicts[retval >>> 0] ?? `${retval}`,
      bytes,
      packet: parsePacket(bytes),
      untouched: Buffer.compare(bytes, data) === 0,
      program: program.name,
      steps: [{ text: `${program.name} at ${hook} of ${device} returned ${retval | 0}` }],
    };
  };
  return netns === undefined ? run() : inNetns(netns.path, run);
}

function findProgram(ifindex: number, device: string, hook: PacketHook, wanted: string | undefined) {
  const attached =
    hook === 'xdp'
      ? queryXdp(ifindex)
      : queryTcx({ ifindex, direction: hook === 'tc ingress' ? 'ingress' : 'egress' });
  const found = attached.find(({ programName = '' }) =>
    wanted === undefined ? programName.startsWith('lbx_') : programName === wanted.slice(0, 15),
  );
  if (found !== undefined) return found;
  const names = attached.map(({ programName, programId }) => programName ?? `program ${programId}`);
  throw new CoreError(
    'LBX_NO_PROGRAM',
    `no program ${wanted === undefined ? 'of lbx' : `'${wanted}'`} is at ${hook} of ${device}: ${
      names.length === 0 ? 'none at all' : `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
    }; attach it first, or name another hook`,
    { device, hook, attached: names },
  );
}

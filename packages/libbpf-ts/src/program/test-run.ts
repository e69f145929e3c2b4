import { BpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { Attr, command } from '../sys/bpf.ts';
import { errnoNumber } from '../sys/errno.ts';

const EINTR = errnoNumber('EINTR');
const BPF_F_TEST_RUN_ON_CPU = 1 << 0;
const BPF_F_TEST_XDP_LIVE_FRAMES = 1 << 1;
const BPF_F_TEST_SKB_CHECKSUM_COMPLETE = 1 << 2;

/** Room for what a program may add in front of or behind a packet. */
const outputSlack = 512;
/** The kernel takes at most what fits a page or a non-linear skb; outputs are never longer than this. */
const outputLimit = 65536 + outputSlack;

export interface TestRunInput {
  /** The packet. XDP and tc programs need at least an Ethernet header (14 bytes). */
  readonly data?: Uint8Array;
  /** The program's context: `struct xdp_md`, `struct __sk_buff`, … */
  readonly ctx?: Uint8Array;
  /**
   * Runs; the packet is not put back between them. Default 1. When a signal comes in between, the kernel gives up and the
   * runs begin anew, so the program may have run more often than this.
   */
  readonly repeat?: number;
  /** CPU to run on (for program types that can choose). */
  readonly cpu?: number;
  /**
   * XDP only: send the frames for real, as if they had come in on `ctx.ingress_ifindex`: XDP_TX and XDP_REDIRECT happen.
   * The kernel then gives neither data nor a verdict back (Linux 5.18).
   */
  readonly liveFrames?: boolean;
  /**
   * tc only: the packet arrives with the sum that a device made of all of it (CHECKSUM_COMPLETE). When the program leaves
   * a sum that is not that of the packet, the run fails with EBADMSG (Linux 6.11).
   */
  readonly checksumComplete?: boolean;
  /** Live frames per round, at most 256. */
  readonly batchSize?: number;
}

export interface TestRunResult {
  /** What the program returned the last time. */
  readonly retval: number;
  /** Mean duration of a run in nanoseconds. */
  readonly durationNs: number;
  /** The packet as the program left it. */
  readonly data: Uint8Array;
  readonly ctx: Uint8Array;
}

/** BPF_PROG_TEST_RUN: runs a program on bytes. Throws BpfError. */
export function testRun(fd: number, object: string, input: TestRunInput): TestRunResult {
  const live = input.liveFrames === true;
  const attr = new Attr().u32(0, fd).u32(32, input.repeat ?? 1);
  const data =
    live || input.data === undefined
      ? undefined
      : Buffer.allocUnsafeSlow(Math.min(outputLimit, input.data.byteLength + outputSlack));
  const ctx = live || input.ctx === undefined ? undefined : Buffer.allocUnsafeSlow(input.ctx.byteLength);
  if (input.data !== undefined) attr.u32(8, input.data.byteLength).pointer(16, input.data);
  if (data !== undefined) attr.u32(12, data.byteLength).pointer(24, data);
  if (input.ctx !== undefined) attr.u32(40, input.ctx.byteLength).pointer(48, input.ctx);
  if (ctx !== undefined) attr.u32(44, ctx.byteLength).pointer(56, ctx);
  const flags =
    (live ? BPF_F_TEST_XDP_LIVE_FRAMES : 0) |
    (input.checksumComplete === true ? BPF_F_TEST_SKB_CHECKSUM_COMPLETE : 0) |
    (input.cpu === undefined ? 0 : BPF_F_TEST_RUN_ON_CPU);
  attr
    .u32(64, flags)
    .u32(68, input.cpu ?? 0)
    .u32(72, input.batchSize ?? 0);
  let result = attr.run(command.progTestRun);
  for (let again = 0; result === -EINTR && again < 64; again++) result = attr.run(command.progTestRun);
  if (result < 0) {
    throw new BpfError({
      errno: result,
      operation: 'test-run program',
      object,
      hint: testRunHint(result, input),
    });
  }
  return {
    retval: attr.readU32(4),
    durationNs: attr.readU32(36),
    data: new Uint8Array(data?.subarray(0, attr.readU32(12)) ?? []),
    ctx: new Uint8Array(ctx?.subarray(0, attr.readU32(44)) ?? []),
  };
}

function testRunHint(errno: number, input: TestRunInput): string | undefined {
  const length = input.data?.byteLength ?? 0;
  if (Math.abs(errno) === errnoNumber('EINVAL') && length < 14) {
    return `packets begin with an Ethernet header of 14 bytes; this one has ${length}`;
  }
  if (Math.abs(errno) === errnoNumber('EBADMSG')) {
    return 'the sum that the kernel keeps for the packet (CHECKSUM_COMPLETE) no longer is that of its bytes';
  }
  if (Math.abs(errno) === 524) return 'programs of this type cannot be test-run on this kernel';
  return permissionHint(errno, ['CAP_BPF', 'CAP_NET_ADMIN']);
}

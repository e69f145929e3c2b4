import { LibbpfError } from '../errors.ts';
import { addressOf, errnoMemory, keepAlive, libc } from './libc.ts';

/** Commands of bpf(2), `enum bpf_cmd` of linux/bpf.h. */
export const command = {
  mapCreate: 0,
  mapLookup: 1,
  mapUpdate: 2,
  mapDelete: 3,
  mapGetNextKey: 4,
  progLoad: 5,
  objPin: 6,
  objGet: 7,
  progAttach: 8,
  progDetach: 9,
  progTestRun: 10,
  progGetNextId: 11,
  mapGetNextId: 12,
  progGetFdById: 13,
  mapGetFdById: 14,
  objGetInfoByFd: 15,
  progQuery: 16,
  btfGetFdById: 19,
  mapLookupAndDelete: 21,
  mapFreeze: 22,
  mapLookupBatch: 24,
  mapLookupAndDeleteBatch: 25,
  mapUpdateBatch: 26,
  mapDeleteBatch: 27,
  linkCreate: 28,
  linkUpdate: 29,
  linkGetFdById: 30,
  linkGetNextId: 31,
  enableStats: 32,
  iterCreate: 33,
  linkDetach: 34,
} as const;

export type Command = (typeof command)[keyof typeof command];

/** Number of the system call, asm/unistd.h. Newer architectures share the generic table. */
const syscallNumbers: Readonly<Record<string, number>> = {
  x64: 321,
  ia32: 357,
  arm: 386,
  arm64: 280,
  riscv64: 280,
  loong64: 280,
  ppc64: 361,
};

function syscallNumber(): number {
  const number = syscallNumbers[process.arch];
  if (number === undefined)
    throw new LibbpfError('LBX_PLATFORM', `the number of bpf(2) on ${process.arch} is not known`);
  return number;
}

let call: ((command: Command, attr: number, size: number) => number) | undefined;

/** bpf(2) with `union bpf_attr` at an address. Gives its result, or a negative errno. Allocates nothing. */
export function bpf(cmd: Command, attr: number, size: number): number {
  call ??= bindSyscall();
  return call(cmd, attr, size);
}

function bindSyscall(): (cmd: Command, attr: number, size: number) => number {
  const { syscall } = libc();
  const number = syscallNumber();
  const errno = errnoMemory();
  return (cmd, attr, size) => {
    const result = syscall(number, cmd, attr, size);
    return result < 0 ? -errno[0]! : result;
  };
}

/** Long enough for every command here; the kernel accepts bytes it does not know when they are zero. */
const attrSize = 144;

/**
 * `union bpf_attr` of one call: set its fields by their offsets in linux/bpf.h, then {@link Attr.run}.
 * Holds on to the buffers it points to.
 */
export class Attr {
  readonly #bytes = Buffer.alloc(attrSize);
  readonly #held: Uint8Array[] = [];

  u32(at: number, value: number): this {
    this.#bytes.writeUInt32LE(value >>> 0, at);
    return this;
  }

  u64(at: number, value: number | bigint): this {
    this.#bytes.writeBigUInt64LE(BigInt(value), at);
    return this;
  }

  pointer(at: number, bytes: Uint8Array): this {
    this.#held.push(bytes);
    return this.u64(at, addressOf(bytes));
  }

  /** A NUL-terminated copy of a path or name, by reference. */
  string(at: number, text: string): this {
    return this.pointer(at, Buffer.from(`${text}\0`));
  }

  /** A name inside the attr, cut at 15 characters as the kernel wants it. */
  name(at: number, text: string): this {
    this.#bytes.write(kernelName(text), at, 15, 'latin1');
    return this;
  }

  /** What the kernel wrote back. */
  readU32(at: number): number {
    return this.#bytes.readUInt32LE(at);
  }

  readU64(at: number): bigint {
    return this.#bytes.readBigUInt64LE(at);
  }

  /** The command's result, or a negative errno. */
  run(cmd: Command): number {
    const result = bpf(cmd, addressOf(this.#bytes), attrSize);
    keepAlive(this.#bytes);
    for (const bytes of this.#held) keepAlive(bytes);
    return result;
  }
}

/** A name as the kernel keeps it: 15 characters of letters, digits, `_` and `.`. */
function kernelName(text: string): string {
  return text.replace(/[^A-Za-z0-9_.]/g, '_').slice(0, 15);
}

/** Text of a NUL-padded field. */
export function fieldText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1');
}

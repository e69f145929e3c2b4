import { BpfError } from '../errors.ts';
import { type ProgramType, programTypeName } from '../program-type.ts';
import { fieldText } from '../sys/bpf.ts';
import { addressOf, keepAlive } from '../sys/libc.ts';
import { objectInfo } from '../sys/object-info.ts';

/** What the kernel says about a program (`struct bpf_prog_info`). */
export interface ProgramInfo {
  readonly id: number;
  /** At most 15 characters. */
  readonly name: string;
  /** `'unspec'` for a type newer than this library; see `typeNumber`. */
  readonly type: ProgramType;
  readonly typeNumber: number;
  /** Hash over the instructions, 16 hex digits. */
  readonly tag: string;
  /** Maps it uses; compare with those you hold to know that both sides mean the same ones. */
  readonly mapIds: readonly number[];
  /** Instructions after the verifier's rewriting, in bytes. */
  readonly translatedBytes: number;
  /** Machine code in bytes; 0 when it is interpreted, or when the kernel does not tell this process. */
  readonly jitedBytes: number;
  /** Instructions the verifier walked through; 0 before Linux 5.16. */
  readonly verifiedInstructions: number;
  /** Runs and time in them since load, counted only while statistics are on: see {@link enableRunStatistics}. */
  readonly runCount: number;
  readonly runTimeNs: number;
  /** Runs left out because the program was running on that CPU already. */
  readonly recursionMisses: number;
  /** Nanoseconds after boot. */
  readonly loadedAtNs: bigint;
  readonly createdByUid: number;
  readonly gplCompatible: boolean;
  readonly btfId: number;
}

const infoSize = 232;

/** Reads it from the kernel. Throws BpfError. */
export function readProgramInfo(fd: number): ProgramInfo {
  let info = read(fd, Buffer.alloc(infoSize));
  const mapCount = info.readUInt32LE(52);
  let mapIds = new Uint32Array(0);
  if (mapCount > 0) {
    mapIds = new Uint32Array(mapCount);
    const ask = Buffer.alloc(infoSize);
    ask.writeUInt32LE(mapCount, 52);
    const room = new Uint8Array(mapIds.buffer);
    ask.writeBigUInt64LE(BigInt(addressOf(room)), 56);
    info = read(fd, ask);
    keepAlive(room);
  }
  const typeNumber = info.readUInt32LE(0);
  return {
    id: info.readUInt32LE(4),
    name: fieldText(info.subarray(64, 80)),
    type: programTypeName(typeNumber) ?? 'unspec',
    typeNumber,
    tag: info.toString('hex', 8, 16),
    mapIds: [...mapIds],
    jitedBytes: info.readUInt32LE(16),
    translatedBytes: info.readUInt32LE(20),
    verifiedInstructions: info.readUInt32LE(216),
    runTimeNs: Number(info.readBigUInt64LE(192)),
    runCount: Number(info.readBigUInt64LE(200)),
    recursionMisses: Number(info.readBigUInt64LE(208)),
    loadedAtNs: info.readBigUInt64LE(40),
    createdByUid: info.readUInt32LE(48),
    gplCompatible: (info.readUInt32LE(84) & 1) === 1,
    btfId: info.readUInt32LE(128),
  };
}

function read(fd: number, info: Buffer): Buffer {
  const result = objectInfo(fd, info);
  if (result < 0)
    throw new BpfError({ errno: result, operation: 'read info of', object: `program fd ${fd}` });
  return info;
}

import { Attr, command } from './bpf.ts';

/**
 * BPF_OBJ_GET_INFO_BY_FD into `info`, which may hold pointers and counts for the kernel to fill. Gives how many bytes
 * the kernel knows, or a negative errno. Fields that an older kernel does not have stay as they were.
 */
export function objectInfo(fd: number, info: Uint8Array): number {
  const attr = new Attr().u32(0, fd).u32(4, info.byteLength).pointer(8, info);
  const result = attr.run(command.objGetInfoByFd);
  return result < 0 ? result : attr.readU32(4);
}

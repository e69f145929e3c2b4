import { BpfError } from '../errors.ts';
import { lastErrno, libc, memoryAt } from './libc.ts';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const SC_PAGESIZE = 30;

/** Bytes of a memory page. */
export function pageSize(): number {
  return libc().sysconf(SC_PAGESIZE);
}

/**
 * Kernel memory in this process's address space. After {@link Mapping.close} its buffer is detached: views of it have
 * length 0 and touching them does nothing, instead of ending the process.
 */
export class Mapping implements Disposable {
  readonly buffer: ArrayBuffer;
  readonly #address: number;
  readonly #length: number;

  constructor(
    fd: number,
    length: number,
    options: { readonly writable: boolean; readonly offset?: number; readonly object: string },
  ) {
    const protection = options.writable ? PROT_READ | PROT_WRITE : PROT_READ;
    const address = Number(libc().mmap(0, length, protection, MAP_SHARED, fd, options.offset ?? 0));
    if (address === -1)
      throw new BpfError({ errno: lastErrno(), operation: 'map into memory', object: options.object });
    this.#address = address;
    this.#length = length;
    this.buffer = memoryAt(address, length);
  }

  get closed(): boolean {
    return this.buffer.detached;
  }

  close(): void {
    if (this.buffer.detached) return;
    this.buffer.transfer(0);
    libc().munmap(this.#address, this.#length);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

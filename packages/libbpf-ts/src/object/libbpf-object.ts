import { LoadError } from '../errors.ts';
import { type Libbpf, libbpf, type Pointer } from '../sys/libbpf.ts';
import { addressOf, keepAlive, lastErrno } from '../sys/libc.ts';

/** Offsets of `struct bpf_object_open_opts` (libbpf 1.0 and later; newer fields are left to their defaults). */
const openOptions = { size: 72, name: 8, kernelBtf: 40 } as const;

/** An object that libbpf has opened and that this process has not loaded yet, with its parts by name. */
export class LibbpfObject implements Disposable {
  readonly api: Libbpf;
  readonly name: string;
  readonly pointer: Pointer;
  /** Internal maps by section (".rodata"), others by name. */
  readonly maps = new Map<string, Pointer>();
  readonly programs = new Map<string, Pointer>();
  #closed = false;

  constructor(bytes: Uint8Array, name: string, kernelBtf: string | undefined) {
    this.api = libbpf();
    this.name = name;
    this.pointer = open(this.api, bytes, name, kernelBtf);
    const { api } = this;
    for (
      let map = api.bpf_object__next_map(this.pointer, null);
      map;
      map = api.bpf_object__next_map(this.pointer, map)
    ) {
      this.maps.set(mapName(api, map), map);
    }
    for (
      let p = api.bpf_object__next_program(this.pointer, null);
      p;
      p = api.bpf_object__next_program(this.pointer, p)
    ) {
      this.programs.set(api.bpf_program__name(p), p);
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.api.bpf_object__close(this.pointer);
  }
}

/** libbpf calls some internal maps "<object>.rodata": the section's name is what follows the first dot. */
function mapName(api: Libbpf, map: Pointer): string {
  const name = api.bpf_map__name(map);
  return api.bpf_map__is_internal(map) ? name.slice(Math.max(0, name.indexOf('.'))) : name;
}

function open(api: Libbpf, bytes: Uint8Array, name: string, kernelBtf: string | undefined): Pointer {
  // Without dots, so that mapName() finds the section's.
  const objectName = Buffer.from(`${name.replace(/[^A-Za-z0-9_]/g, '_')}\0`);
  const btfPath = Buffer.from(`${kernelBtf ?? ''}\0`);
  const options = Buffer.alloc(openOptions.size);
  options.writeBigUInt64LE(BigInt(openOptions.size), 0);
  options.writeBigUInt64LE(BigInt(addressOf(objectName)), openOptions.name);
  if (kernelBtf !== undefined) options.writeBigUInt64LE(BigInt(addressOf(btfPath)), openOptions.kernelBtf);
  const pointer = api.bpf_object__open_mem(bytes, bytes.byteLength, options);
  const errno = lastErrno();
  keepAlive(objectName);
  keepAlive(btfPath);
  if (pointer) return pointer;
  throw new LoadError({ errno, operation: 'open object', object: name, stage: 'elf' });
}

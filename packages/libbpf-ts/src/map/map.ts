import { closeSync } from 'node:fs';
import { BpfError, LibbpfError, MapMismatchError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { isPerCpuMapType, type MapType } from '../map-type.ts';
import { objectKind, openPinnedFd, pinObject, removePin } from '../pin.ts';
import type { MapSpec } from '../spec/map-spec.ts';
import { Attr, command } from '../sys/bpf.ts';
import { duplicateFd } from '../sys/duplicate-fd.ts';
import type { Mapping } from '../sys/mapping.ts';
import { OwnedFd } from '../sys/owned-fd.ts';
import { possibleCpus } from '../sys/possible-cpus.ts';
import { BoundEntry, type UpdateFlag } from './bound-entry.ts';
import { deleteBatch, type EntryBatch, readBatches, updateBatch } from './map-batch.ts';
import { type MapBtf, readMapBtf } from './map-btf.ts';
import { createMapFd, type NewMap } from './map-create.ts';
import { mapDifferences } from './map-differences.ts';
import { defaultBatch, mapEntries } from './map-entries.ts';
import { mapError } from './map-error.ts';
import { type MapInfo, readMapInfo } from './map-info.ts';
import { mapMemory } from './map-memory.ts';

/** How an existing map is opened. */
export interface OpenMapOptions {
  /**
   * The kernel refuses every write through this object (BPF_F_RDONLY): EPERM. Reading is as ever, but for
   * `mmap()`, which the kernel has only for those who may write.
   */
  readonly readOnly?: boolean;
}

const BPF_F_RDONLY = 1 << 3;
const openFlags = ({ readOnly = false }: OpenMapOptions) => (readOnly ? BPF_F_RDONLY : 0);

/** A map whose values may be other maps, or programs: what is put in is named by an fd. */
interface HasFd {
  readonly fd: number;
}

/**
 * A BPF map. Keys and values are bytes, exactly `keySize` and `valueBytes` long; sizes come from the kernel, whatever
 * a spec says. Holds one fd, closed by {@link BpfMap.close} or `using`.
 */
export class BpfMap implements Disposable {
  /** The name it was declared with; the kernel itself keeps 15 characters. */
  readonly name: string;
  readonly id: number;
  readonly type: MapType;
  readonly keySize: number;
  /** Bytes of one value inside the kernel. */
  readonly valueSize: number;
  /** Bytes of one value here: as `valueSize`, but for per-CPU maps all CPUs' values, each at a multiple of 8. */
  readonly valueBytes: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** Was it opened for reading only? */
  readonly readOnly: boolean;
  readonly #fd: OwnedFd;
  #entry: BoundEntry | undefined;
  #memory: Mapping | undefined;
  #pinned: string | undefined;

  private constructor(fd: number, name: string | undefined, info: MapInfo, readOnly: boolean) {
    this.readOnly = readOnly;
    this.name = name ?? info.name;
    this.id = info.id;
    this.type = info.type;
    this.keySize = info.keySize;
    this.valueSize = info.valueSize;
    this.valueBytes = isPerCpuMapType(info.type)
      ? ((info.valueSize + 7) & ~7) * possibleCpus()
      : info.valueSize;
    this.maxEntries = info.maxEntries;
    this.flags = info.flags;
    this.#fd = new OwnedFd(fd, `map ${this.name}`, this);
  }

  /** Makes an object of a fd that is the caller's to give away. */
  static adoptFd(fd: number, name?: string, { readOnly = false }: OpenMapOptions = {}): BpfMap {
    try {
      return new BpfMap(fd, name, readMapInfo(fd), readOnly);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Makes a map. Fields that the type does not need may be 0. */
  static create(spec: NewMap): BpfMap {
    return BpfMap.adoptFd(createMapFd(spec), spec.name);
  }

  /** A map by an fd, which stays the caller's: it is duplicated. */
  static fromFd(fd: number, name?: string): BpfMap {
    const copy = duplicateFd(fd, `map fd ${fd}`);
    const kind = objectKind(copy);
    if (kind === 'map') return BpfMap.adoptFd(copy, name);
    closeSync(copy);
    throw new LibbpfError('LBX_WRONG_KIND', `fd ${fd} is of a ${kind}, not of a map`);
  }

  /** A map by the kernel's id. Needs CAP_SYS_ADMIN. */
  static fromId(id: number, name?: string, options: OpenMapOptions = {}): BpfMap {
    const fd = new Attr().u32(0, id).u32(8, openFlags(options)).run(command.mapGetFdById);
    if (fd >= 0) return BpfMap.adoptFd(fd, name, options);
    throw new BpfError({
      errno: fd,
      operation: 'open map',
      object: `id ${id}`,
      hint: permissionHint(fd, ['CAP_SYS_ADMIN']),
    });
  }

  /**
   * Opens a pinned map. With `expect`, a map that is otherwise throws MapMismatchError listing all differences; fields
   * that `expect` leaves out are not compared.
   */
  static openPinned(path: string, expect?: Partial<MapSpec>, options: OpenMapOptions = {}): BpfMap {
    const map = BpfMap.adoptFd(openPinnedFd(path, 'map', openFlags(options)), expect?.name, options);
    map.#pinned = path;
    const differences = expect === undefined ? [] : mapDifferences(map.info(), expect);
    if (differences.length === 0) return map;
    map.close();
    throw new MapMismatchError(
      path,
      differences,
      'use another pin path, or remove this one when nothing uses it any more',
    );
  }

  /** The fd's number, to hand to other calls or to workers; it stays owned by this object. */
  get fd(): number {
    return this.#fd.value;
  }

  /** One key and value bound to this map: the way for hot loops. Each call makes a new, independent one. */
  bind(): BoundEntry {
    return new BoundEntry(this, this.#fd);
  }

  #bound(key: Uint8Array): BoundEntry {
    this.#assertSize('key', key, this.keySize);
    this.#entry ??= this.bind();
    this.#entry.key.set(key);
    return this.#entry;
  }

  /** The value under a key, copied into `into` when given, else into new memory; undefined when the key is not there. */
  get(key: Uint8Array, into?: Uint8Array): Uint8Array | undefined {
    const entry = this.#bound(key);
    return entry.lookup() ? this.#copy(entry, into) : undefined;
  }

  /** Writes a value under a key. Errors: E2BIG when full, EEXIST and ENOENT as the flag asks. */
  set(key: Uint8Array, value: Uint8Array, flag: UpdateFlag = 'any'): void {
    this.#assertSize('value', value, this.valueBytes);
    const entry = this.#bound(key);
    entry.value.set(value);
    entry.update(flag);
  }

  /** False when the key was not there. */
  delete(key: Uint8Array): boolean {
    return this.#bound(key).delete();
  }

  /** Reads and deletes; see {@link BoundEntry.take}. */
  take(key: Uint8Array, into?: Uint8Array): Uint8Array | undefined {
    const entry = this.#bound(key);
    return entry.take() ? this.#copy(entry, into) : undefined;
  }

  /** Deletes everything and gives the number of entries. Arrays cannot: EINVAL. */
  clear(): number {
    let cleared = 0;
    const batches = readBatches(this, defaultBatch(this), true);
    if (batches !== undefined) {
      for (const { count } of batches) cleared += count;
      return cleared;
    }
    for (const [key] of this.entries()) if (this.delete(key)) cleared++;
    return cleared;
  }

  /** Values of all possible CPUs, `valueSize` bytes each; undefined when the key is not there. */
  perCpu(key: Uint8Array): Uint8Array[] | undefined {
    const all = this.get(key);
    if (all === undefined) return undefined;
    const stride = (this.valueSize + 7) & ~7;
    const cpus = this.valueBytes === this.valueSize ? 1 : this.valueBytes / stride;
    return Array.from({ length: cpus }, (_, cpu) =>
      all.subarray(cpu * stride, cpu * stride + this.valueSize),
    );
  }

  /**
   * Writes entries laid end to end, `count` of them or as many as there are keys, in calls of at most `chunk` entries.
   * Throws BatchError, whose `done` says how many of them went in. Gives the number written.
   */
  updateBatch(
    keys: Uint8Array,
    values: Uint8Array,
    options: { readonly count?: number; readonly chunk?: number; readonly flag?: UpdateFlag } = {},
  ): number {
    const count = options.count ?? this.#countOf(keys);
    this.#assertRoom('keys', keys, count * this.keySize);
    this.#assertRoom('values', values, count * this.valueBytes);
    const chunk = Math.max(1, options.chunk ?? count);
    return updateBatch(this, keys, values, count, { chunk, flag: options.flag ?? 'any' });
  }

  /** Deletes keys laid end to end. Keys that are not there are passed over; gives how many were there. */
  deleteBatch(keys: Uint8Array, options: { readonly count?: number } = {}): number {
    const count = options.count ?? this.#countOf(keys);
    this.#assertRoom('keys', keys, count * this.keySize);
    return deleteBatch(this, keys, count);
  }

  /** Reads everything in batches whose buffers are reused; undefined where the kernel has no batch for this type. */
  readBatches(batch: number = defaultBatch(this)): Generator<EntryBatch> | undefined {
    return readBatches(this, batch);
  }

  /** All entries, each in memory of its own. What stays in the map meanwhile comes exactly once; what is added or deleted may come or not. */
  entries(options: { readonly batch?: number } = {}): Generator<[Uint8Array, Uint8Array]> {
    return mapEntries(this, options.batch ?? defaultBatch(this));
  }

  *keys(): Generator<Uint8Array> {
    for (const [key] of this.entries()) yield key;
  }

  /**
   * Puts a map under a key of a map of maps. The kernel then waits until no program can still be using the old one, some
   * 10 ms each time: write many with {@link updateBatch}, values being the inner maps' fds (u32), and it waits once.
   */
  setInner(key: Uint8Array, inner: HasFd): void {
    this.#setFd(key, inner);
  }

  /** Opens the map under a key of a map of maps, for reading only if this one is; the caller closes it. Needs CAP_SYS_ADMIN. */
  getInner(key: Uint8Array): BpfMap | undefined {
    const id = this.get(key);
    return id === undefined ? undefined : BpfMap.fromId(Buffer.from(id).readUInt32LE(0), undefined, this);
  }

  /** Puts a program into a program array: what `bpf_tail_call` jumps to. */
  setProgram(index: number, program: HasFd): void {
    const key = Buffer.alloc(4);
    key.writeUInt32LE(index);
    this.#setFd(key, program);
  }

  #setFd(key: Uint8Array, object: HasFd): void {
    const value = Buffer.alloc(4);
    value.writeUInt32LE(object.fd);
    this.set(key, value);
  }

  /** From now on user space can read the map, but not write it. */
  freeze(): void {
    const result = new Attr().u32(0, this.fd).run(command.mapFreeze);
    if (result < 0) throw mapError(result, 'freeze map', this);
  }

  /** Pins it at a path on a bpffs, whose folder must exist. */
  pin(path: string): void {
    pinObject(this.fd, path, `map ${this.name}`);
    this.#pinned = path;
  }

  /** Removes the pin: the one at `path`, or the one it was opened from or pinned at last. True when there was one. */
  unpin(path: string | undefined = this.#pinned): boolean {
    if (path === undefined) return false;
    if (path === this.#pinned) this.#pinned = undefined;
    return removePin(path);
  }

  info(): MapInfo {
    return readMapInfo(this.fd);
  }

  /** Types of its keys and values, such as `btf.structOf(keyTypeId)`; undefined when the map was made without BTF. */
  btf(): MapBtf | undefined {
    return readMapBtf(this.info());
  }

  /**
   * The values of an array map as shared memory: what is written is in the map at once, without a system call. The map
   * must have been made with BPF_F_MMAPABLE and not be frozen. Element i is at `i * (valueSize rounded up to 8)`. The
   * view has length 0 after {@link close}.
   */
  mmap(): Uint8Array {
    this.#fd.value;
    this.#memory ??= mapMemory(this);
    return new Uint8Array(this.#memory.buffer);
  }

  /** Closes the fd and the shared memory. Again: does nothing. */
  close(): void {
    this.#memory?.close();
    this.#entry = undefined;
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #copy(entry: BoundEntry, into: Uint8Array | undefined): Uint8Array {
    if (into === undefined) return new Uint8Array(entry.value);
    this.#assertRoom('value', into, this.valueBytes);
    into.set(entry.value);
    return into;
  }

  #countOf(keys: Uint8Array): number {
    if (keys.byteLength % this.keySize !== 0) this.#assertSize('keys', keys, this.keySize);
    return keys.byteLength / this.keySize;
  }

  #assertSize(what: string, bytes: Uint8Array, size: number): void {
    if (bytes.byteLength === size) return;
    const reason = `map ${this.name}: ${what} has ${bytes.byteLength} bytes, the map's is ${size}`;
    throw new LibbpfError('LBX_BUFFER_SIZE', reason);
  }

  #assertRoom(what: string, bytes: Uint8Array, size: number): void {
    if (bytes.byteLength >= size) return;
    throw new LibbpfError(
      'LBX_BUFFER_SIZE',
      `map ${this.name}: ${what} has ${bytes.byteLength} bytes, ${size} are needed`,
    );
  }
}

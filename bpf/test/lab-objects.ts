// Objects of labs are verified once and lent from lab to lab, emptied between: the kernel takes 0.2 s for each of them.
import type { BpfMap, BpfObject, MapOptions, VariableValue } from 'libbpf-ts';
import { loadBeside, loadFirst } from './load-beside.ts';

export interface LabObjectsWish {
  readonly family: 4 | 6;
  readonly settings: Readonly<Record<string, VariableValue>>;
  readonly maps: Readonly<Record<string, MapOptions>>;
}

/** The objects of a family on shared maps. IPv4's are always there: the programs that are attached are theirs. */
export interface LabObjects extends Disposable {
  readonly xdp4: BpfObject;
  /** Of the family. */
  readonly xdp: BpfObject;
  /** Loaded when they are wanted. */
  tc(): Readonly<Record<4 | 6, BpfObject>>;
}

interface Idle {
  readonly key: string;
  readonly objects: Loaded;
}

/** Sets that nobody has, the one given back last at the end. */
const idle: Idle[] = [];
const MOST_IDLE = 4;

/** Objects with such settings and maps, all maps empty. Disposing gives them back. */
export function lendObjects(wish: LabObjectsWish): LabObjects {
  const key = JSON.stringify(wish);
  const at = idle.findLastIndex((each) => each.key === key);
  const objects = at < 0 ? new Loaded(wish) : idle.splice(at, 1)[0]!.objects;
  return {
    xdp4: objects.xdp4,
    xdp: objects.xdp,
    tc: () => objects.tc(),
    [Symbol.dispose]() {
      if (objects.isWhole()) {
        objects.empty();
        idle.push({ key, objects });
      } else objects.close();
      if (idle.length > MOST_IDLE) idle.shift()!.objects.close();
    },
  };
}

class Loaded {
  readonly xdp4: BpfObject;
  readonly xdp: BpfObject;
  readonly #wish: LabObjectsWish;
  readonly #stack = new DisposableStack();
  #tc: Readonly<Record<4 | 6, BpfObject>> | undefined;
  /** Programs in each array of programs, by its id. */
  readonly #calls = new Map<number, number>();

  constructor(wish: LabObjectsWish) {
    const { family, settings, maps } = wish;
    this.#wish = wish;
    this.xdp4 = this.#stack.use(loadFirst('xdp4', settings, maps));
    this.xdp = family === 4 ? this.xdp4 : this.#stack.use(loadBeside([this.xdp4], 'xdp6', settings, maps));
    this.#countCalls();
  }

  tc(): Readonly<Record<4 | 6, BpfObject>> {
    if (this.#tc === undefined) {
      const { xdp, xdp4 } = this;
      const { family, settings } = this.#wish;
      const tc4 = this.#stack.use(loadBeside([xdp4], 'tc4', settings));
      const tc6 = family === 4 ? tc4 : this.#stack.use(loadBeside([tc4, xdp, xdp4], 'tc6', settings));
      this.#tc = { 4: tc4, 6: tc6 };
      this.#countCalls();
    }
    return this.#tc;
  }

  /** Every map as it is after loading. */
  empty(): void {
    for (const map of this.#maps().values()) emptyMap(map);
  }

  /** False once a test took programs out of their array. */
  isWhole(): boolean {
    return [...this.#maps().values()]
      .filter(({ type }) => type === 'prog_array')
      .every((calls) => [...calls.keys()].length === this.#calls.get(calls.id));
  }

  /** By id: objects share them. */
  #maps(): Map<number, BpfMap> {
    const objects = new Set([this.xdp4, this.xdp, ...Object.values(this.#tc ?? {})]);
    return new Map([...objects].flatMap((object) => object.maps().map((map) => [map.id, map] as const)));
  }

  #countCalls(): void {
    for (const [id, map] of this.#maps())
      if (map.type === 'prog_array') this.#calls.set(id, [...map.keys()].length);
  }

  close(): void {
    this.#stack.dispose();
  }
}

/** Makes a map what it is after loading; constants and arrays of programs stay. */
export function emptyMap(map: BpfMap): void {
  if (map.name.endsWith('.rodata') || map.type === 'prog_array') return;
  if (map.type !== 'array' && map.type !== 'percpu_array') {
    map.clear();
    return;
  }
  const keys = new Uint8Array(Uint32Array.from({ length: map.maxEntries }, (_, i) => i).buffer);
  map.updateBatch(keys, new Uint8Array(map.maxEntries * map.valueBytes));
}

import { LibbpfError } from '../errors.ts';
import type { BpfMap } from '../map/map.ts';
import { type MapCodec, TypedMap } from '../map/typed-map.ts';
import type { BpfProgram } from '../program/program.ts';
import type { ObjectSpec } from '../spec/object-spec.ts';
import { list } from './set-variables.ts';
import { Variable } from './variable.ts';

/** What {@link load} made of an object. */
export interface LoadedParts {
  readonly name: string;
  readonly spec: ObjectSpec;
  readonly maps: Map<string, BpfMap>;
  readonly programs: Map<string, BpfProgram>;
  readonly logs: ReadonlyMap<string, string>;
}

/**
 * A loaded object: its maps, programs and variables. Owns their fds and closes them with itself; what is attached
 * through a link or pinned stays in the kernel.
 */
export class BpfObject implements Disposable {
  readonly name: string;
  /** What the object's file declares. */
  readonly spec: ObjectSpec;
  readonly #maps: Map<string, BpfMap>;
  readonly #programs: Map<string, BpfProgram>;
  readonly #logs: ReadonlyMap<string, string>;

  constructor(parts: LoadedParts) {
    this.name = parts.name;
    this.spec = parts.spec;
    this.#maps = parts.maps;
    this.#programs = parts.programs;
    this.#logs = parts.logs;
  }

  /** A map by name; internal ones by section (".bss"). With a codec, a map of your own types. LBX_UNKNOWN_MAP. */
  map(name: string): BpfMap;
  map<K, V>(name: string, codec: MapCodec<K, V>): TypedMap<K, V>;
  map<K, V>(name: string, codec?: MapCodec<K, V>): BpfMap | TypedMap<K, V> {
    const map = this.#maps.get(name);
    if (map === undefined)
      throw new LibbpfError(
        'LBX_UNKNOWN_MAP',
        `${this.name} has no map ${name}; it has: ${list(this.#maps.keys())}`,
      );
    return codec === undefined ? map : new TypedMap(map, codec);
  }

  /** Maps of the object, internal ones too. */
  maps(): BpfMap[] {
    return [...this.#maps.values()];
  }

  /** A loaded program by the C function's name. LBX_UNKNOWN_PROGRAM. */
  program(name: string): BpfProgram {
    const program = this.#programs.get(name);
    if (program !== undefined) return program;
    const reason = this.spec.programs.has(name)
      ? `did not load program ${name} (autoload was off)`
      : `has no program ${name}`;
    throw new LibbpfError(
      'LBX_UNKNOWN_PROGRAM',
      `${this.name} ${reason}; loaded are: ${list(this.#programs.keys())}`,
    );
  }

  /** Programs that were loaded. */
  programs(): BpfProgram[] {
    return [...this.#programs.values()];
  }

  /** A global variable by C name. LBX_UNKNOWN_VARIABLE. */
  variable(name: string): Variable {
    const spec = this.spec.variables.get(name);
    const map = spec && this.#maps.get(spec.section);
    if (spec !== undefined && map !== undefined) return new Variable(spec, map);
    throw new LibbpfError(
      'LBX_UNKNOWN_VARIABLE',
      `${this.name} has no variable ${name}; it has: ${list(this.spec.variables.keys())}`,
    );
  }

  /** The verifier's log of a program, when `logLevel` was above 0; else empty. */
  log(program: string): string {
    return this.#logs.get(program) ?? '';
  }

  /** Takes a map out: it stays open when the object is closed, and is the caller's to close. */
  detachMap(name: string): BpfMap {
    const map = this.map(name);
    this.#maps.delete(name);
    return map;
  }

  /** Takes a program out: it stays open when the object is closed, and is the caller's to close. */
  detachProgram(name: string): BpfProgram {
    const program = this.program(name);
    this.#programs.delete(name);
    return program;
  }

  close(): void {
    for (const program of this.#programs.values()) program.close();
    for (const map of this.#maps.values()) map.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

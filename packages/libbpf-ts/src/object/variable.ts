import { LibbpfError } from '../errors.ts';
import type { BpfMap } from '../map/map.ts';
import { BPF_F_MMAPABLE } from '../map/map-memory.ts';
import type { VariableSpec } from '../spec/variable-spec.ts';
import { type VariableValue, variableBytes, variableNumber } from './variable-bytes.ts';

const firstKey = new Uint8Array(4);

/**
 * A global variable of a loaded object. Constants (`.rodata`) can be read only; `.data` and `.bss` are shared memory,
 * read and written without a system call while programs use them.
 */
export class Variable {
  readonly spec: VariableSpec;
  readonly #map: BpfMap;

  constructor(spec: VariableSpec, map: BpfMap) {
    this.spec = spec;
    this.#map = map;
  }

  get name(): string {
    return this.spec.name;
  }

  /** A copy of its bytes. */
  get(): Uint8Array {
    return this.#isShared() ? this.#shared().slice() : this.#slice(this.#section()).slice();
  }

  /** Its value when it is an integer of up to 8 bytes, by its C type: signed or not, `__be*` from network order. */
  getBigInt(): bigint {
    return variableNumber(this.spec, this.get());
  }

  /** The same as a number; exact up to 2^53. */
  getNumber(): number {
    return Number(this.getBigInt());
  }

  /** Writes it. Not atomic for more than 8 bytes. */
  set(value: VariableValue): void {
    const bytes = variableBytes(this.spec, value);
    if (this.spec.constant) {
      throw new LibbpfError(
        'LBX_NOT_SUPPORTED',
        `variable ${this.name} is constant (${this.spec.section}): set it with the option "variables" of load()`,
      );
    }
    if (this.#isShared()) {
      this.#shared().set(bytes);
      return;
    }
    const section = this.#section();
    this.#slice(section).set(bytes);
    this.#map.set(firstKey, section);
  }

  #isShared(): boolean {
    return !this.spec.constant && (this.#map.flags & BPF_F_MMAPABLE) !== 0;
  }

  #shared(): Uint8Array {
    return this.#slice(this.#map.mmap());
  }

  #section(): Uint8Array {
    const section = this.#map.get(firstKey);
    if (section === undefined)
      throw new LibbpfError('LBX_UNKNOWN_VARIABLE', `map ${this.#map.name} holds no variables`);
    return section;
  }

  #slice(section: Uint8Array): Uint8Array {
    return section.subarray(this.spec.offset, this.spec.offset + this.spec.size);
  }
}

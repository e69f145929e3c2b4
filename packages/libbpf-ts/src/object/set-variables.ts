import { LibbpfError } from '../errors.ts';
import type { ObjectSpec } from '../spec/object-spec.ts';
import { memoryAt } from '../sys/libc.ts';
import type { LibbpfObject } from './libbpf-object.ts';
import { type VariableValue, variableBytes } from './variable-bytes.ts';

/** Sets global variables in libbpf's copy of their sections, before load. Unknown names and wrong sizes throw. */
export function setVariables(
  object: LibbpfObject,
  spec: ObjectSpec,
  values: Readonly<Record<string, VariableValue>>,
): void {
  for (const [name, value] of Object.entries(values)) {
    const variable = spec.variables.get(name);
    if (variable === undefined) {
      throw new LibbpfError(
        'LBX_UNKNOWN_VARIABLE',
        `${object.name} has no variable ${name}; it has: ${list(spec.variables.keys())}`,
      );
    }
    const bytes = variableBytes(variable, value);
    const size = new BigUint64Array(1);
    const map = object.maps.get(variable.section);
    const section = map === undefined ? null : object.api.bpf_map__initial_value(map, size);
    if (!section || Number(size[0]) < variable.offset + variable.size) {
      throw new LibbpfError(
        'LBX_UNKNOWN_VARIABLE',
        `variable ${name} is in section ${variable.section}, which libbpf keeps no memory for`,
      );
    }
    const memory = memoryAt(section, Number(size[0]));
    new Uint8Array(memory).set(bytes, variable.offset);
    memory.transfer(0);
  }
}

/** Names for an error message. */
export function list(names: Iterable<string>): string {
  return [...names].join(', ') || 'none';
}

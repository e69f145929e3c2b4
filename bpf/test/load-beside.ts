import { readObject } from '@lbx/bpf';
import { type BpfObject, load, type VariableValue } from 'libbpf-ts';
import { parseObject } from 'libbpf-ts/elf';

/** Loads an object on the maps that `first` has under the same names, with those of the settings that it knows. */
export function loadBeside(
  first: BpfObject,
  object: Parameters<typeof readObject>[0],
  settings: Readonly<Record<string, VariableValue>>,
): BpfObject {
  const bytes = readObject(object);
  const spec = parseObject(bytes);
  const there = new Set(first.maps().map(({ name }) => name));
  // Program arrays belong to one hook; maps with a section are variables.
  const shared = [...spec.maps.values()].filter(
    ({ name, section, type }) => section === undefined && type !== 'prog_array' && there.has(name),
  );
  return load(bytes, {
    variables: Object.fromEntries(Object.entries(settings).filter(([name]) => spec.variables.has(name))),
    maps: Object.fromEntries(shared.map(({ name }) => [name, { reuse: first.map(name) }])),
  });
}

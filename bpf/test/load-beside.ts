import { readObject } from '@lbx/bpf';
import { type BpfObject, load, type MapOptions, type VariableValue } from 'libbpf-ts';
import { type MapSpec, parseObject } from 'libbpf-ts/elf';

type Settings = Readonly<Record<string, VariableValue>>;
type ObjectName = Parameters<typeof readObject>[0];

/** Loads an object with those of the settings and maps that it knows. */
export function loadFirst(
  object: ObjectName,
  settings: Settings,
  maps: Readonly<Record<string, MapOptions>> = {},
): BpfObject {
  return loadBeside([], object, settings, maps);
}

/** Loads an object on the maps that others (the first that has it) have under the same names. */
export function loadBeside(
  others: BpfObject | readonly BpfObject[],
  object: ObjectName,
  settings: Settings,
  maps: Readonly<Record<string, MapOptions>> = {},
): BpfObject {
  const bytes = readObject(object);
  const spec = parseObject(bytes);
  const there = new Map(
    [others]
      .flat()
      .reverse()
      .flatMap((other) => other.maps().map((map) => [map.name, map] as const)),
  );
  const shared = [...spec.maps.values()].filter((map) => isShared(map) && there.has(map.name));
  return load(bytes, {
    variables: known(settings, spec.variables),
    maps: {
      ...known(maps, spec.maps),
      ...Object.fromEntries(shared.map(({ name }) => [name, { reuse: there.get(name)! }])),
    },
  });
}

const known = <T>(
  wished: Readonly<Record<string, T>>,
  there: ReadonlyMap<string, unknown>,
): Record<string, T> => Object.fromEntries(Object.entries(wished).filter(([name]) => there.has(name)));

/** Maps with a section are variables; scratch memory has another shape in each family. */
function isShared({ name, section }: MapSpec): boolean {
  return section === undefined && !name.startsWith('lbx_scratch');
}

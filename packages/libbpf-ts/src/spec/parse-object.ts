import type { Btf } from '../btf/btf.ts';
import { parseBtf, parseBtfWith } from '../btf/parse-btf.ts';
import { describeElf } from '../elf/describe-bytes.ts';
import { type Elf, machineBpf, relocatable, sectionFlags } from '../elf/elf.ts';
import { FormatError } from '../elf/format-error.ts';
import { parseElf, parseElfHeader } from '../elf/parse-elf.ts';
import { variablesOf } from './data-sections.ts';
import type { MapSpec } from './map-spec.ts';
import type { ObjectSpec } from './object-spec.ts';
import { parseMaps } from './parse-maps.ts';
import { parsePrograms } from './parse-programs.ts';
import { placeVariables } from './place-variables.ts';
import { readObjectFile } from './read-object-file.ts';
import type { VariableSpec } from './variable-spec.ts';

/**
 * Reads what a compiled BPF object declares: maps, programs, variables, types. Needs no privilege, no kernel and no
 * native code; the bytes are copied. `struct_ops` maps, `.kconfig` and `.ksyms` are not listed.
 *
 * ```ts
 * const object = parseObject('xdp.bpf.o');
 * object.maps.get('flows'); // { name: 'flows', type: 'hash', keySize: 12, keyTypeName: 'struct flow_key', … }
 * object.programs.get('lbx_xdp')?.type; // 'xdp'
 * object.variables.get('lbx_hz'); // { section: '.rodata', size: 4, type: '__u32', constant: true, initial: …, … }
 * ```
 *
 * @param object the object's bytes, or the path of its file
 * @throws FormatError with a code for each way it can be wrong, and the path if there is one
 */
export function parseObject(object: Uint8Array | string): ObjectSpec {
  if (typeof object !== 'string') return parseBytes(new Uint8Array(object));
  const bytes = readObjectFile(object);
  try {
    return { path: object, ...parseBytes(bytes) };
  } catch (error) {
    throw error instanceof FormatError ? error.withPath(object) : error;
  }
}

function parseBytes(bytes: Uint8Array): ObjectSpec {
  assertBpf(bytes);
  const elf = parseElf(bytes);
  const btf = readBtf(elf);
  const maps = parseMaps(elf, btf);
  return {
    byteOrder: elf.byteOrder,
    license: readLicense(elf),
    maps,
    programs: parsePrograms(elf),
    variables: collectVariables(maps, btf),
    btf,
  };
}

function assertBpf(bytes: Uint8Array): void {
  const { machine, type } = parseElfHeader(bytes);
  if (machine === machineBpf && type === relocatable) return;
  const wanted =
    machine === machineBpf ? 'a relocatable one (clang -c)' : 'a BPF object; compile with clang -target bpf';
  throw new FormatError('LBX_NOT_BPF', `this is ${describeElf(machine, type)}, not ${wanted}`, {
    offset: 16,
  });
}

function readBtf(elf: Elf): Btf {
  const section = elf.section('.BTF');
  if (section === undefined) {
    throw new FormatError(
      'LBX_BTF_MISSING',
      'the object has no .BTF section; compile with clang -g, strip with llvm-strip -g',
    );
  }
  try {
    return parseBtfWith(section.data, placeVariables(elf, parseBtf(section.data)));
  } catch (error) {
    if (!(error instanceof FormatError) || error.offset === undefined) throw error;
    const reason = `section .BTF: ${error.reason}`;
    throw new FormatError(error.code, reason, { offset: section.offset + error.offset, cause: error });
  }
}

function readLicense(elf: Elf): string {
  const section = elf.sections.find(
    ({ name, flags }) => name === 'license' && (flags & sectionFlags.alloc) !== 0n,
  );
  if (section === undefined) return '';
  const end = section.data.indexOf(0);
  return new TextDecoder().decode(end === -1 ? section.data : section.data.subarray(0, end));
}

function collectVariables(maps: ReadonlyMap<string, MapSpec>, btf: Btf): ReadonlyMap<string, VariableSpec> {
  const variables = new Map<string, VariableSpec>();
  for (const map of maps.values()) {
    for (const variable of variablesOf(map, btf)) {
      const other = variables.get(variable.name);
      if (other === undefined || (other.linkage === 'static' && variable.linkage === 'global')) {
        variables.set(variable.name, variable);
      }
    }
  }
  return variables;
}

const machines: Readonly<Record<number, string>> = {
  3: 'x86',
  8: 'MIPS',
  20: 'PowerPC',
  21: 'PowerPC-64',
  22: 's390x',
  40: 'ARM',
  62: 'x86-64',
  183: 'AArch64',
  243: 'RISC-V',
  247: 'BPF',
  258: 'LoongArch',
};

const fileTypes: Readonly<Record<number, string>> = {
  1: 'relocatable object',
  2: 'executable',
  3: 'shared object or position-independent executable',
  4: 'core dump',
};

/** What kind of ELF file this is, for people: "an x86-64 ELF executable". */
export function describeElf(machine: number, type: number): string {
  const name = machines[machine] ?? `machine-${machine}`;
  const article = /^(x86|AArch|ARM|s390)/.test(name) ? 'an' : 'a';
  return `${article} ${name} ELF ${fileTypes[type] ?? `file of type ${type}`}`;
}

const signatures: readonly (readonly [readonly number[], string])[] = [
  [
    [0x42, 0x43, 0xc0, 0xde],
    'LLVM bitcode (left by clang -emit-llvm; run llc -march=bpf -filetype=obj on it)',
  ],
  [[0x9f, 0xeb], 'raw BTF (read it with parseBtf)'],
  [[0xeb, 0x9f], 'raw BTF (read it with parseBtf)'],
  [[0x1f, 0x8b], 'gzip data (unpack it first)'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd data (unpack it first)'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive (unpack it first)'],
  [[0x21, 0x3c, 0x61, 0x72, 0x63, 0x68, 0x3e], 'an ar archive (a .a library)'],
  [[0x00, 0x61, 0x73, 0x6d], 'WebAssembly'],
  [[0xcf, 0xfa, 0xed, 0xfe], 'a Mach-O file'],
  [[0x4d, 0x5a], 'a Windows executable'],
];

/** What bytes that are no ELF file look like, for people. */
export function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the file is empty';
  for (const [signature, what] of signatures) {
    if (signature.every((byte, i) => bytes[i] === byte)) return `it is ${what}`;
  }
  const head = bytes.subarray(0, 256);
  if (head.every((byte) => byte === 9 || byte === 10 || byte === 13 || byte >= 32)) {
    const text = new TextDecoder('latin1').decode(head);
    if (text.startsWith('version https://git-lfs')) return 'it is a Git LFS pointer (run git lfs pull)';
    if (/#include|\/\*|\/\/|SEC\(/.test(text)) return 'it is source text (compile it first)';
    return 'it is text';
  }
  const hex = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `it begins with ${hex}`;
}

import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** Kernel-internal number that bpf(2) lets through for "not supported"; no libc has a name for it. */
const ENOTSUPP = 524;

/** libbpf's own numbers, from 4000 (`enum libbpf_errno`). */
const libbpfNames =
  'LIBELF FORMAT KVERSION ENDIAN INTERNAL RELOC LOAD VERIFY PROG2BIG KVER PROGTYPE WRNGPID INVSEQ NLPARSE';
const libbpfNumbers = Object.fromEntries(
  libbpfNames.split(' ').map((name, i) => [`ELIBBPF_${name}`, 4000 + i]),
);

const numbers: Readonly<Record<string, number>> = { ...constants.errno, ENOTSUPP, ...libbpfNumbers };
const names = new Map<number, string>();
for (const [name, number] of Object.entries(numbers)) {
  if (!names.has(number)) names.set(number, name);
}

/** Number of an errno by its name ("ENOENT" → 2). An unknown name gives 0, which matches no failure. */
export function errnoNumber(name: string): number {
  return numbers[name] ?? 0;
}

/** Name of an errno (2 → "ENOENT"); numbers without a name become "E<number>". Sign is ignored. */
export function errnoName(errno: number): string {
  return names.get(Math.abs(errno)) ?? `E${Math.abs(errno)}`;
}

/** What the errno says in plain words, in lower case; the name where the platform has no words for it. */
export function errnoText(errno: number): string {
  const text = getSystemErrorMap().get(-Math.abs(errno))?.[1];
  if (text !== undefined) return text;
  if (Math.abs(errno) === ENOTSUPP) return 'operation is not supported by the kernel';
  return Math.abs(errno) >= 4000 ? 'refused by libbpf' : errnoName(errno);
}

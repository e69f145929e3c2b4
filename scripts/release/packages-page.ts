import type { PackageRow } from './package-row.ts';

const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
const list = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '));

function nativeOf({ name, dependencies, main }: PackageRow): string {
  if (main === undefined) return 'in commands that use the kernel';
  if (main.native.length > 0) return 'koffi';
  // koffi is loaded, and libbpf looked for, when the kernel is used.
  return name === 'libbpf-ts' || dependencies.includes('libbpf-ts') ? 'when the kernel is used' : 'none';
}

function cellsOf(row: PackageRow): string[] {
  const { name, packedBytes, unpackedBytes, files, dependencies, main } = row;
  return [
    name,
    kilobytes(packedBytes),
    kilobytes(unpackedBytes),
    `${files}`,
    list(dependencies),
    main === undefined ? 'a command' : `${Math.round(main.cpuMs)} ms`,
    nativeOf(row),
  ];
}

/** docs/packages.md. */
export function packagesPage(rows: readonly PackageRow[], machine: string): string {
  return [
    '# The packages, and what they weigh',
    '',
    '| package | packed | unpacked | files | needs | import | native code |',
    '|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${cellsOf(row).join(' | ')} |`),
    '',
    'Bytes are those of the tarball, and of its files; what a package needs comes on top. Import: processor time of `import()` of its main',
    `entry point, the least of five processes, on ${machine}.`,
    'Written by `node scripts/release/sizes.ts` after `npm run build`; `npm run check -- "packages page"` fails when something here is no longer',
    'true: sizes by more than a quarter, an import that takes three times as long.',
    '',
    '## What is inside',
    '',
    'Modules (ESM) and CommonJS, with types for each; both share their parts between entry points, so that a class is the same wherever it is',
    'required from. The JavaScript is not minified: a stack trace has the names of the source. Neither sources nor source maps are packed:',
    'they were two thirds of each package. No package has an install script. `npm run check -- package` holds each tarball to what its',
    'entry points lead to, and to `publint` and `attw`; `npm run check -- installs` installs all of them in an empty folder under Node 22.19 and',
    '24, and imports, requires, type-checks and uses them; `npm run check -- unused` finds dependencies, imports and files that nobody uses.',
    '',
    '@lbx/bpf has the compiled programs (most of its bytes: a program for each hook and address family, with its BTF) and their C sources.',
    "Licences: each package's `LICENSE`; of what they bring along: [third-party-licences.md](third-party-licences.md).",
    '',
  ].join('\n');
}

/** What the page says that is no longer true. */
export function untrue(page: string, rows: readonly PackageRow[]): string[] {
  const told = new Map(
    [...page.matchAll(/^\| (.+) \|$/gm)].map((match) => {
      const cells = match[1]!.split(' | ');
      return [cells[0]!, cells] as const;
    }),
  );
  return rows.flatMap((row) => {
    const is = cellsOf(row);
    const said = told.get(row.name);
    if (said === undefined) return [`${row.name} is not in the table`];
    const [, packed, unpacked, , , time] = said.map((cell) => Number.parseInt(cell, 10));
    const differs = (saidSize: number | undefined, bytes: number) =>
      Math.abs((saidSize ?? 0) * 1000 - bytes) > Math.max(bytes / 4, 1000);
    const problems: string[] = [];
    if (differs(packed, row.packedBytes)) problems.push(`packed: ${said[1]}, is ${is[1]}`);
    if (differs(unpacked, row.unpackedBytes)) problems.push(`unpacked: ${said[2]}, is ${is[2]}`);
    if (said[4] !== is[4]) problems.push(`needs: ${said[4]}, is ${is[4]}`);
    // Another machine is slower, and one that others use too.
    if (row.main !== undefined && row.main.cpuMs > 3 * (time ?? 0) + 20)
      problems.push(`import: ${said[5]}, is ${is[5]}`);
    if (said[6] !== is[6]) problems.push(`native code: ${said[6]}, is ${is[6]}`);
    return problems.map((problem) => `${row.name}: ${problem}`);
  });
}

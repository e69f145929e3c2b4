// node --conditions=@lbx/source scripts/describe-programs.ts: writes docs/programs.md, what the kernel says about each
// prebuilt program on this machine (root, BPF). Figures of another kernel or machine differ: it says which they are of.
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { manifest, readObject } from '@lbx/bpf';
import { load, type ProgramInfo } from 'libbpf-ts';
import { minAndMedian } from './bench-row.ts';

type ObjectName = Parameters<typeof readObject>[0];

const LOADS = 5;

interface Described {
  readonly name: ObjectName;
  readonly milliseconds: { readonly min: number; readonly median: number };
  readonly programs: readonly { readonly name: string; readonly info: ProgramInfo }[];
}

/** Loads an object a few times and asks the kernel about its programs. */
function describe(name: ObjectName): Described {
  const bytes = readObject(name);
  const times: number[] = [];
  let programs: Described['programs'] = [];
  for (let n = 0; n < LOADS; n++) {
    const start = process.hrtime.bigint();
    using object = load(bytes);
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
    programs = object.programs().map((program) => ({ name: program.name, info: program.info() }));
  }
  return { name, milliseconds: minAndMedian(times), programs };
}

const described = (Object.keys(manifest.objects) as ObjectName[]).map(describe);
const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 0 });

const rows = described.flatMap(({ name, programs }) =>
  programs.map(
    (program) =>
      `| ${[
        name,
        `\`${program.name}\``,
        number(program.info.translatedBytes / 8),
        number(program.info.verifiedInstructions),
        number(program.info.jitedBytes),
      ].join(' | ')} |`,
  ),
);
const loads = described.map(
  ({ name, milliseconds: { min, median } }) => `| ${name} | ${min.toFixed(0)} | ${median.toFixed(0)} |`,
);

writeFileSync(
  join(import.meta.dirname, '../docs/programs.md'),
  `# The programs, as the kernel sees them

Written by \`scripts/describe-programs.ts\` on Linux ${release()}, ${cpus()[0]?.model.trim()}. "Verified" is how many
instructions the verifier walked through (its limit is 1,000,000), "xlated" how many the program has after it.

| object | program | xlated | verified | bytes of machine code |
| --- | --- | --: | --: | --: |
${rows.join('\n')}

Milliseconds to load an object with its maps at the sizes it declares (libbpf, verifier, JIT), ${LOADS} times:

| object | min | median |
| --- | --: | --: |
${loads.join('\n')}
`,
);

// npm run bench -- NAME [--json]: runs one suite of benchmarks and prints its rows.
// npm run bench -- sync --soak SECONDS [--rate CHANGES_A_SECOND]: churn for so long instead, then memory and kernel state
// are looked at.
// A suite measures its floor in the same run; the table shows each case as a multiple of it.
import { parseArgs } from 'node:util';
import { floorsOf, type BenchRow as Row } from './bench-row.ts';

type Bench = (options: {
  json: boolean;
  soak?: { seconds: number; rate?: number };
}) => Promise<readonly Row[]>;

const suites: Record<string, readonly string[]> = {
  datapath: ['../bpf/bench/datapath.bench.ts', '../bpf/bench/connect.bench.ts'],
  connect: ['../bpf/bench/connect.bench.ts'],
  flows: ['../bpf/bench/flows.bench.ts'],
  forward: ['../bpf/bench/forward.bench.ts'],
  introspection: ['../bpf/bench/introspection.bench.ts'],
  maglev: ['../packages/maglev/bench/maglev.bench.ts'],
  maps: ['../packages/maps/bench/maps.bench.ts'],
  sync: ['../packages/cli/bench/sync.bench.ts'],
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, soak: { type: 'string' }, rate: { type: 'string' } },
});
const [name = ''] = positionals;
const files = suites[name];
if (files === undefined) {
  console.error(`bench: no suite named '${name}'; there are: ${Object.keys(suites).join(', ')}`);
  console.error('usage: npm run bench -- NAME [--json]   (sync: [--soak SECONDS [--rate CHANGES_A_SECOND]])');
  process.exit(2);
}

const [seconds, changeRate] = [values.soak, values.rate].map((text) =>
  text === undefined ? undefined : Number(text),
);
if (seconds !== undefined && !(name === 'sync' && seconds > 0)) {
  console.error('bench: --soak takes seconds, and only suite sync has it');
  process.exit(2);
}
if (changeRate !== undefined && !(seconds !== undefined && changeRate > 0)) {
  console.error('bench: --rate takes changes a second, and only --soak has it');
  process.exit(2);
}
const soak =
  seconds === undefined ? undefined : { seconds, ...(changeRate === undefined ? {} : { rate: changeRate }) };

const rows: Row[] = [];
for (const file of files) {
  const { bench } = (await import(file)) as { bench: Bench };
  rows.push(...(await bench({ json: values.json, ...(soak === undefined ? {} : { soak }) })));
}
if (values.json) for (const row of rows) console.log(JSON.stringify(row));
else printTable(rows);

function printTable(all: readonly Row[]): void {
  const width = Math.max(...all.map((row) => row.case.length));
  const floors = floorsOf(all);
  console.log(
    `${'case'.padEnd(width)}  ${'min'.padStart(10)}  ${'median'.padStart(10)}  ${'unit'.padEnd(10)}  ${'per second'.padStart(10)}  x floor`,
  );
  for (const row of all) {
    const floor = floors.get(row);
    const ratio = floor === undefined ? '' : `${(row.median / floor.median).toFixed(2)} x ${floor.case}`;
    console.log(
      `${row.case.padEnd(width)}  ${format(row.min)}  ${format(row.median)}  ${row.unit.padEnd(10)}  ${rate(row).padStart(10)}  ${ratio}`,
    );
  }
}

/** How often what took the median of the time can be done in a second. */
function rate({ unit, median }: Row): string {
  const perSecond = { ns: 1e9, us: 1e6, ms: 1e3 }[unit];
  if (perSecond === undefined) return '';
  return (perSecond / median).toLocaleString('en-US', { maximumSignificantDigits: 4, notation: 'compact' });
}

function format(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 }).padStart(10);
}

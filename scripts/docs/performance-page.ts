// docs/performance.md and its plots, from measurements. Pure.
import { type BenchRow, floorsOf } from '../bench-row.ts';
import type { Measurement } from './measurements.ts';
import { type Bar, barChart } from './pictures/bar-chart.ts';

interface Plot {
  readonly file: string;
  readonly suite: string;
  readonly title: string;
  readonly unit: string;
  /** Case of the bench → what it is, and whether it is only there to compare with. */
  readonly cases: readonly (readonly [name: string, label: string, floor?: 'floor'])[];
  readonly value: (row: BenchRow) => number;
}

const perSecond: Readonly<Record<string, number>> = { ns: 1e9, us: 1e6, ms: 1e3 };
const median = (row: BenchRow): number => row.median;
const millionsPerSecond = (row: BenchRow): number => (perSecond[row.unit] ?? 1) / row.median / 1e6;

const plots: readonly Plot[] = [
  {
    file: 'docs/pictures/packet-cost.svg',
    suite: 'datapath',
    title: 'Time of a packet in the program, XDP, IPv4, median (shorter is better)',
    unit: 'ns',
    cases: [
      ['floor-parse', 'floor: parse only', 'floor'],
      ['floor-lru', 'floor: one LRU lookup', 'floor'],
      ['pass4-stranger', "nobody's packet, passed"],
      ['est4-snat', 'request of a known flow'],
      ['rev4-snat', 'its answer'],
      ['est4-dsr', 'request by DSR'],
      ['ipip4-dsr', 'request by DSR in a tunnel'],
      ['new4-dsr', 'first packet of a flow, DSR'],
      ['new4-snat', 'first packet of a flow, SNAT'],
    ],
    value: median,
  },
  {
    file: 'docs/pictures/forward-rate.svg',
    suite: 'forward',
    title: 'Packets a second on one core, device to device (longer is better)',
    unit: 'M/s',
    cases: [
      ['floor-routing', "floor: the kernel's routing", 'floor'],
      ['floor-bounce', 'floor: XDP that sends all back', 'floor'],
      ['xdp-s1-est-f1', 'XDP, 1 service'],
      ['xdp-s10k-est-f1', 'XDP, 10,000 services'],
      ['xdp-s10k-est-f10k', 'XDP, 10,000 services and flows'],
      ['floor-bounce-tc', 'floor: tc that sends all back', 'floor'],
      ['tc-s1-est-f1', 'tc, 1 service'],
      ['tc-s10k-est-f10k', 'tc, 10,000 services and flows'],
    ],
    value: millionsPerSecond,
  },
  {
    file: 'docs/pictures/latency.svg',
    suite: 'forward',
    title: 'Round trip of a request, median (shorter is better)',
    unit: 'us',
    cases: [
      ['floor-rr', 'floor: to the backend itself', 'floor'],
      ['rr-node-clusterip', 'from the node to a ClusterIP'],
      ['rr-client-nodeport', 'from outside to a NodePort'],
    ],
    value: median,
  },
];

function barsOf(plot: Plot, measurements: readonly Measurement[]): Bar[] {
  const rows = measurements.find(({ suite }) => suite === plot.suite)?.rows ?? [];
  return plot.cases.flatMap(([name, label, floor]) => {
    const row = rows.find((candidate) => candidate.case === name);
    return row === undefined
      ? []
      : [{ label, value: plot.value(row), colour: floor ? 'soft' : 'a' } as const];
  });
}

/** Plots for which there are measurements, by file. */
export function performancePictures(measurements: readonly Measurement[]): Record<string, string> {
  const drawn = plots
    .map((plot) => [plot, barsOf(plot, measurements)] as const)
    .filter(([, bars]) => bars.length > 0);
  return Object.fromEntries(drawn.map(([plot, bars]) => [plot.file, barChart(plot.title, plot.unit, bars)]));
}

/** Share of all processors that others may take. */
const QUIET = 0.05;

const intro = `# Performance

Made by \`npm run docs -- generate\` from what \`npm run docs -- measure\` wrote into docs/measurements; nothing here is written by hand. Compare ratios, on
your machine: each suite measures its floor in the same run, a "floor" being the same work with the load balancer left out (× floor is of medians; where the unit
is entries/s, more is better).
What the cases mean: [the datapath](../bpf/README.md#what-it-costs), [@lbx/maps](../packages/maps/README.md#speed),
[@lbx/maglev](../packages/maglev/README.md#speed).
`;

export function performancePage(measurements: readonly Measurement[]): string {
  if (measurements.length === 0) return `${intro}\nThere are no measurements yet.\n`;
  return intro + measurements.map((measurement) => section(measurement, measurements)).join('');
}

function section(measurement: Measurement, all: readonly Measurement[]): string {
  const { suite, date, commit, machine, rows } = measurement;
  const { cpu, cores, kernel, node, busyBefore } = machine;
  const busy =
    busyBefore > QUIET
      ? ` **The machine was busy** (${(busyBefore * 100).toFixed(0)} % of its processors before the suite began): take these figures for an order of magnitude.`
      : '';
  const floors = floorsOf(rows);
  const pictures = plots
    .filter((plot) => plot.suite === suite && barsOf(plot, all).length > 0)
    .map((plot) => `![${plot.title}](${plot.file.replace('docs/', '')})\n\n`);
  return `
## ${suite}

\`npm run bench -- ${suite}\`, ${date}, commit ${commit}, ${cores} × ${cpu}, Linux ${kernel}, Node ${node}.${busy}

${pictures.join('')}| case | min | median | unit | × floor | runs |
|---|---:|---:|---|---|---:|
${rows.map((row) => line(row, floors.get(row))).join('')}`;
}

const number = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
const line = (row: BenchRow, floor: BenchRow | undefined): string => {
  const ratio = floor === undefined ? '' : `${(row.median / floor.median).toFixed(2)} × ${floor.case}`;
  return `| ${row.case} | ${number(row.min)} | ${number(row.median)} | ${row.unit} | ${ratio} | ${row.runs} |
`;
};

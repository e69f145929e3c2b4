import { createMaglevBuilder, disruption, parseSeed } from '@lbx/maglev';
import { lineChart, type Series } from './line-chart.ts';

const sizes = [1021, 4093, 16381] as const;
const counts = [2, 3, 5, 10, 20, 50, 100, 200] as const;
/** How many different backends are taken away, one at a time. */
const trials = 5;

/** docs/pictures/maglev.svg: slots that move though they need not, when one of n backends goes. */
export function maglevDisruption(): string {
  return lineChart({
    title: 'Slots that move beyond the least possible when one of n backends goes',
    xLabel: 'backends before',
    yLabel: '',
    xTicks: counts,
    yTicks: [0, 0.02, 0.04, 0.06, 0.08, 0.1],
    yFormat: (value) => `${(value * 100).toFixed(0)} %`,
    series: sizes.map((size) => ({ name: `${size} slots`, points: curve(size) })),
  });
}

function curve(size: number): Series['points'] {
  const builder = createMaglevBuilder({ size, seed: parseSeed('JLfvgnHc2kaSUFaI') });
  return counts.map((count) => {
    const backends = Array.from({ length: count }, (_, n) => ({
      hash: `[192.0.2.${n + 1}:8080/TCP,State:active]`,
      id: n + 1,
    }));
    const before = Uint32Array.from(builder.build(backends));
    const extra = Array.from({ length: Math.min(trials, count) }, (_, gone) => {
      const after = builder.build(backends.filter((_, n) => n !== gone));
      const share = before.filter((id) => id === gone + 1).length / size;
      return disruption(before, Uint32Array.from(after)) - share;
    });
    return [count, extra.reduce((sum, value) => sum + value, 0) / extra.length] as const;
  });
}

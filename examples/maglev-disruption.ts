// How many connections move to another backend when one of ten goes away?
import { createMaglevTable, disruption } from '@lbx/maglev';

const backends = Array.from({ length: 10 }, (_, i) => ({
  id: i + 1,
  hash: `[192.0.2.${i + 1}:8080/TCP,State:active]`,
}));
const before = createMaglevTable(backends, { size: 16381 });
const after = createMaglevTable(backends.slice(0, -1), { size: 16381 });

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
const lost = before.filter((id) => id === 10).length / before.length;
console.log('slots of the backend that goes:', percent(lost));
console.log('slots that change:             ', percent(disruption(before, after)));

import { dump, type Op } from '@lbx/maps';
import { json } from './output.ts';

/** One write for people, as a line of a dump. Dump lines are sorted, a plan is in its order: each is written alone, lookup tables in short. */
export function opLine(op: Op): string {
  if (op.op === 'delete') return `- ${op.map} ${json(op.key)}`;
  return `+ ${dump([op], { maglev: 'digest' }).join('')}`;
}

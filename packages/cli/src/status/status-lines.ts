import { colors } from '../output/colors.ts';
import { table } from '../output/output.ts';
import type { NodeStatus } from './node-status.ts';

/** One screen for people: the verdict, what is wrong, then what there is. */
export function statusLines({
  healthy,
  verdict,
  problems,
  pinned,
  health,
  served,
  drops,
}: NodeStatus): string {
  const used = pinned.maps.filter(({ entries = 0 }) => entries > 0);
  const agent = pinned.locked ? `process ${pinned.holder ?? 'in another container'}` : 'none';
  const says = health.code === undefined ? 'does not answer' : `answers ${health.code}`;
  const dropped = Object.entries(drops);
  return [
    (healthy ? colors.green : colors.red)(verdict),
    ...problems.map((problem) => `  ${problem}`),
    '',
    `agent   ${agent}; ${health.url} ${says}`,
    `pins    ${pinned.pins}`,
    ...served.flatMap(({ family, frontends, backends, withoutBackends }) => {
      const types = Object.entries(frontends).map(([type, count]) => `${count} ${type}`);
      if (types.length === 0 && backends === 0) return [];
      const without = withoutBackends === 0 ? '' : ` (${withoutBackends} without backends)`;
      return [`IPv${family}    ${types.join(', ') || 'no frontends'}${without}; ${backends} backends`];
    }),
    `drops   ${dropped.length === 0 ? 'none' : dropped.map(([name, count]) => `${name} ${count}`).join(', ')}`,
    '',
    table(
      ['attached', 'program', 'id'],
      pinned.links.map(({ name, programName = '?', info }) => [
        info.attached ? name : `${name} (gone)`,
        programName,
        info.programId,
      ]),
    ),
    ...(used.length === 0
      ? []
      : [
          '',
          table(
            ['map', 'entries', 'room'],
            used.map(({ name, entries = 0, info }) => [name, entries, info.maxEntries]),
          ),
        ]),
  ].join('\n');
}

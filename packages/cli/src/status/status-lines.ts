import { colors } from '../output/colors.ts';
import { duration } from '../output/duration.ts';
import { table } from '../output/output.ts';
import type { NodeStatus } from './node-status.ts';

/** One screen for people: the verdict, what is wrong, then what there is. @param now - milliseconds since 1970. */
export function statusLines(status: NodeStatus, now: number): string {
  const { healthy, verdict, problems, notes, pins, pinned, maps } = status;
  const fullest = [...maps].sort((a, b) => b.entries / b.maxEntries - a.entries / a.maxEntries);
  return [
    (healthy ? colors.green : colors.red)(verdict),
    ...problems.map((problem) => `  ${problem}`),
    ...(notes.length === 0 ? [] : [colors.yellow('objects that cannot be used as they are:')]),
    ...notes.map((note) => `  ${note}`),
    '',
    ...agentLine(status, now),
    `pins    ${pins}`,
    ...servedLines(status),
    ...dropsLine(status),
    ...(pinned === undefined
      ? []
      : [
          '',
          table(
            ['attached', 'program', 'id', 'loaded'],
            pinned.links.map(({ name, programName = '?', info, loadedAt }) => [
              info.attached ? name : `${name} (gone)`,
              programName,
              info.programId,
              loadedAt === undefined ? '?' : `${duration(now - loadedAt)} ago`,
            ]),
          ),
        ]),
    ...(fullest.length === 0
      ? []
      : [
          '',
          table(
            ['map', 'entries', 'room', 'used'],
            fullest.map(({ name, entries, maxEntries }) => [
              name,
              entries,
              maxEntries,
              percent(entries, maxEntries),
            ]),
          ),
        ]),
  ].join('\n');
}

function agentLine({ pinned, health, agent }: NodeStatus, now: number): string[] {
  if (pinned === undefined || health === undefined) return [];
  const who = pinned.locked ? `process ${pinned.holder ?? 'in another container'}` : 'none';
  const silent = health.other === undefined ? 'does not answer' : `is another's (${health.other})`;
  const says = health.code === undefined ? silent : `answers ${health.code}`;
  const own =
    agent === undefined
      ? []
      : [
          `version ${agent.version}, up ${duration(now - agent.startedAt)}`,
          `follows ${agent.source.name}`,
          agent.appliedAt === undefined
            ? 'has written nothing yet'
            : `last wrote ${duration(now - agent.appliedAt)} ago`,
          ...(agent.repaired === 0
            ? []
            : [`${agent.repaired} entries repaired that somebody else had changed`]),
        ];
  return [`agent   ${[who, `${health.url} ${says}`, ...own].join('; ')}`];
}

function servedLines({ served }: NodeStatus): string[] {
  return served.flatMap(({ family, frontends, backends, withoutBackends }) => {
    const types = Object.entries(frontends)
      .sort()
      .map(([type, count]) => `${count} ${type}`);
    if (types.length === 0 && backends === 0) return [];
    const without = withoutBackends === 0 ? '' : ` (${withoutBackends} without backends)`;
    return [`IPv${family}    ${types.join(', ') || 'no frontends'}${without}; ${backends} backends`];
  });
}

function dropsLine({ drops }: NodeStatus): string[] {
  if (drops === undefined) return [];
  const dropped = Object.entries(drops).map(([name, count]) => `${name} ${count}`);
  return [
    `drops   ${dropped.length === 0 ? 'none' : `${dropped.join(', ')} (lbx monitor --summary --for 10)`}`,
  ];
}

const percent = (entries: number, room: number) =>
  `${((100 * entries) / room).toFixed(entries > 0 && entries < room / 100 ? 2 : 0)} %`;

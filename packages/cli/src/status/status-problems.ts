import type { MapFill, PinnedState } from '@lbx/core';
import type { AgentState } from '../agent/state/agent-state.ts';
import type { AgentHealth } from './node-status.ts';
import type { Served } from './served.ts';

/** Maps that are fuller than that are soon full. */
const pressure = 0.9;
/** So many of a kind are named. */
const most = 5;

/** Who keeps the maps in line, and what is attached. */
export function pinProblems(
  { locked, links, mismatches }: PinnedState,
  { url, code }: AgentHealth,
): string[] {
  return [
    ...(locked
      ? []
      : [
          'no agent runs on these pins: what was programmed stays in force, changes are not followed; start lbx agent',
        ]),
    ...(locked && code !== undefined && code !== 200
      ? [`the agent says that it is not healthy (${url} answers ${code}): its log tells why`]
      : []),
    ...(links.length === 0
      ? ['no program is attached by a pinned link: start lbx agent with --device or a cgroup']
      : []),
    ...links
      .filter(({ info }) => !info.attached)
      .map(({ name }) => `${name}: its device or cgroup is gone; start lbx agent with those that are there`),
    ...mismatches.map(({ message }) => message),
  ];
}

/** What the agent knows and the maps do not show. */
export function agentProblems({ source, failing, refused }: AgentState): string[] {
  const waiting = `waits for ${source.waitingFor.join(', ')} of ${source.name}, and writes nothing before`;
  const why = source.lastError === undefined ? '' : `: ${source.lastError}`;
  return [
    ...(source.synced ? [] : [`the agent ${waiting}${why}`]),
    ...(source.synced && why !== ''
      ? [`the agent does not hear everything from ${source.name}${why}; what was last heard stays in force`]
      : []),
    ...firstOf(
      failing.map(
        ({ frontend, error = 'not as wanted' }) => `${frontend || 'shared entries'}: ${error}; tried again`,
      ),
      failing.length,
    ),
    ...firstOf(refused.first, refused.count),
  ];
}

/** What is wrong with objects: whoever wrote them is asked, the node is as healthy as before. */
export const objectNotes = ({ objects }: AgentState): string[] => firstOf(objects.first, objects.count);

/** Maps that will soon refuse entries. Tables of flows forget what was silent longest instead. */
export function mapProblems(maps: readonly MapFill[]): string[] {
  return maps
    .filter(({ refuses, entries, maxEntries }) => refuses && entries >= pressure * maxEntries)
    .map(
      ({ name, entries, maxEntries }) => `${name} has ${entries} of ${maxEntries} entries: give it more room`,
    );
}

/** What leads nowhere. */
export function servedProblems(served: readonly Served[]): string[] {
  return served
    .filter(({ dangling }) => dangling > 0)
    .map(({ family, dangling }) =>
      dangling === 1
        ? `IPv${family}: 1 slot leads to a backend that has no entry`
        : `IPv${family}: ${dangling} slots lead to backends that have no entry`,
    );
}

const firstOf = (texts: readonly string[], all: number): string[] => {
  const named = texts.slice(0, most);
  return all > named.length ? [...named, `and ${all - named.length} more`] : named;
};

import type { LogLevel } from './log/log-level.ts';

/** What an agent says while it works: one JSON line each with `--log-format json`, one readable line otherwise. */
export type AgentEvent =
  | { readonly event: 'starting'; readonly version: string; readonly node: string; readonly source: string }
  | {
      readonly event: 'loaded';
      readonly ms: number;
      readonly programs: number;
      readonly maps: number;
      readonly attachments: readonly string[];
      /** Taken over from an earlier process, as opposed to made anew. */
      readonly takenOver: number;
    }
  | {
      readonly event: 'applied';
      /** Turns of writing that this is about; 1 when absent. */
      readonly applies?: number;
      readonly frontends: number;
      readonly writes: number;
      readonly failed: number;
      readonly refused: number;
      /** Work on these changes alone. */
      readonly applyMs: number;
      /** From the first event of the burst until the last write; of several the longest. */
      readonly sinceEventMs: number;
    }
  | { readonly event: 'problem'; readonly code: string; readonly message: string }
  /** What was a problem no longer is one. */
  | { readonly event: 'solved'; readonly code: string; readonly message: string }
  /** Nothing is written yet, because these have not told everything that they had at the start. */
  | {
      readonly event: 'waiting';
      readonly sources: readonly string[];
      readonly seconds: number;
      /** What is wrong with them, as far as it is known. */
      readonly errors?: readonly string[];
    }
  | { readonly event: 'notice'; readonly message: string }
  /** So many lines were left out, because there were too many. */
  | { readonly event: 'suppressed'; readonly lines: number }
  | { readonly event: 'stopping'; readonly signal: string }
  | { readonly event: 'stopped'; readonly pinned: boolean }
  | { readonly event: 'failed'; readonly code: string; readonly message: string };

/** How weighty each kind is. */
export const eventLevels: { readonly [E in AgentEvent['event']]: LogLevel } = {
  starting: 'info',
  loaded: 'info',
  applied: 'info',
  problem: 'warn',
  solved: 'info',
  waiting: 'warn',
  notice: 'warn',
  suppressed: 'warn',
  stopping: 'info',
  stopped: 'info',
  failed: 'error',
};

const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

/** One line for people. */
export function describeEvent(event: AgentEvent): string {
  switch (event.event) {
    case 'starting':
      return `lbx ${event.version} starts on node ${event.node}, following ${event.source}`;
    case 'loaded': {
      const how = event.takenOver > 0 ? `, ${event.takenOver} hooks taken over from an earlier process` : '';
      return `loaded ${event.programs} programs and ${event.maps} maps in ${ms(event.ms)}; attached ${event.attachments.join(', ')}${how}`;
    }
    case 'applied': {
      const { applies = 1 } = event;
      const bad =
        event.failed + event.refused > 0 ? `, ${event.failed} failed, ${event.refused} refused` : '';
      const turns = applies > 1 ? ` for ${applies} changes` : '';
      return `${event.frontends} frontends in force, ${event.writes} writes${turns} in ${ms(event.applyMs)}${bad}`;
    }
    case 'problem':
    case 'solved':
    case 'failed':
      return `${event.event}${event.code === '' ? '' : ` ${event.code}`}: ${event.message}`;
    case 'waiting': {
      const why = event.errors === undefined ? '' : ` (${event.errors.join('; ')})`;
      return `waiting since ${event.seconds} s for ${event.sources.join(', ')} to tell all there is${why}; until then everything stays as it was found`;
    }
    case 'notice':
      return event.message;
    case 'suppressed':
      return `${event.lines} lines were left out: there were too many`;
    case 'stopping':
      return `${event.signal}: stopping; a second signal ends the agent at once`;
    case 'stopped':
      return event.pinned
        ? 'stopped; the datapath stays in force (remove it with `lbx cleanup`)'
        : 'stopped; the datapath is gone';
  }
}

/** What an agent says while it works: one JSON line each with `--json`, one readable line otherwise. */
export type AgentEvent =
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
      readonly frontends: number;
      readonly writes: number;
      readonly failed: number;
      readonly refused: number;
      /** Work on this change alone. */
      readonly applyMs: number;
      /** From the first event of the burst until the last write. */
      readonly sinceEventMs: number;
    }
  | { readonly event: 'problem'; readonly code: string; readonly message: string }
  /** What was a problem no longer is one. */
  | { readonly event: 'solved'; readonly code: string; readonly message: string }
  /** Nothing is written yet, because these have not told everything that they had at the start. */
  | { readonly event: 'waiting'; readonly sources: readonly string[]; readonly seconds: number }
  | { readonly event: 'notice'; readonly message: string }
  | { readonly event: 'stopped'; readonly pinned: boolean };

const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

/** One line for people. */
export function describeEvent(event: AgentEvent): string {
  switch (event.event) {
    case 'loaded': {
      const how = event.takenOver > 0 ? `, ${event.takenOver} hooks taken over from an earlier process` : '';
      return `loaded ${event.programs} programs and ${event.maps} maps in ${ms(event.ms)}; attached ${event.attachments.join(', ')}${how}`;
    }
    case 'applied': {
      const bad =
        event.failed + event.refused > 0 ? `, ${event.failed} failed, ${event.refused} refused` : '';
      return `${event.frontends} frontends in force, ${event.writes} writes in ${ms(event.applyMs)}${bad}`;
    }
    case 'problem':
      return `problem${event.code === '' ? '' : ` ${event.code}`}: ${event.message}`;
    case 'solved':
      return `solved${event.code === '' ? '' : ` ${event.code}`}: ${event.message}`;
    case 'waiting':
      return `waiting since ${event.seconds} s for ${event.sources.join(', ')} to tell all there is; until then everything stays as it was found`;
    case 'notice':
      return event.message;
    case 'stopped':
      return event.pinned
        ? 'stopped; the datapath stays in force (remove it with `lbx cleanup`)'
        : 'stopped; the datapath is gone';
  }
}

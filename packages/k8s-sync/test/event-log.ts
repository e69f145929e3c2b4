import type { SourceEvent, SourceListener } from '../src/sources/source-event.ts';

/** Collects a source's events, and waits for one that is yet to come. */
export class EventLog {
  readonly events: SourceEvent[] = [];
  #waiting: {
    readonly test: (event: SourceEvent) => boolean;
    readonly resolve: (event: SourceEvent) => void;
  }[] = [];
  #seen = 0;

  readonly listener: SourceListener = (event) => {
    this.events.push(event);
    this.#waiting = this.#waiting.filter(({ test, resolve }) => {
      if (!test(event)) return true;
      this.#seen = this.events.length;
      resolve(event);
      return false;
    });
  };

  /** The first event, after the last one that was waited for, that passes (or has this text). */
  next(wanted: string | ((event: SourceEvent) => boolean), deadlineMs = 60_000): Promise<SourceEvent> {
    const test = typeof wanted === 'string' ? (event: SourceEvent) => eventText(event) === wanted : wanted;
    const at = this.events.findIndex((event, i) => i >= this.#seen && test(event));
    if (at >= 0) {
      this.#seen = at + 1;
      return Promise.resolve(this.events[at]!);
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const found = this.texts.slice(-10).join('\n  ');
        reject(new Error(`no ${wanted} within ${deadlineMs} ms; the last events are\n  ${found}`));
      }, deadlineMs);
      this.#waiting.push({
        test,
        resolve: (event) => {
          clearTimeout(timer);
          resolve(event);
        },
      });
    });
  }

  /** Only what happened to objects. */
  get changes(): string[] {
    return this.texts.filter((text) => /^(upsert|delete) /.test(text));
  }

  /** "upsert Service default/web", "delete …", "synced", "problem: message", "resolved key" */
  get texts(): string[] {
    return this.events.map(eventText);
  }
}

export function eventText(event: SourceEvent): string {
  switch (event.type) {
    case 'upsert': {
      const { metadata } = event.object as { metadata?: { namespace?: string; name?: string } };
      return `upsert ${event.kind} ${metadata?.namespace ?? 'default'}/${metadata?.name}`;
    }
    case 'delete':
      return `delete ${event.kind} ${event.namespace}/${event.name}`;
    case 'problem':
      return `problem: ${event.error.message}`;
    case 'resolved':
      return `resolved ${event.key}`;
    default:
      return event.type;
  }
}

import { apiVersions } from '../object-kind.ts';
import type { ObjectKind, SourceEvent } from '../source-event.ts';

/** The first line of a recording. */
interface Header {
  readonly recording: 'lbx source';
  readonly version: 1;
  readonly source: string;
  /** RFC 3339 */
  readonly startedAt: string;
}

/** Something that was a problem when it was recorded. It has the code that the error had. */
class RecordedProblem extends Error {
  readonly code: string | undefined;

  constructor(name: string, message: string, code: string | undefined) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

/** What a line says: an event, and when it came, in milliseconds since the recording began. */
export interface RecordedEvent {
  readonly ms: number;
  readonly event: SourceEvent;
}

export function formatHeader(source: string, startedAt: Date): string {
  const header: Header = { recording: 'lbx source', version: 1, source, startedAt: startedAt.toISOString() };
  return `${JSON.stringify(header)}\n`;
}

/** @throws SyntaxError if the line does not begin a recording that can be read. @returns the name of the source. */
export function parseHeader(line: string): string {
  const header = parseJson(line) as Partial<Header>;
  if (header.recording !== 'lbx source' || typeof header.source !== 'string')
    throw new SyntaxError('is no recording: its first line should have "recording": "lbx source"');
  if (header.version !== 1)
    throw new SyntaxError(`has version ${header.version}, only version 1 can be read`);
  return header.source;
}

export function formatEvent({ ms, event }: RecordedEvent): string {
  const at = { ms: Math.round(ms * 1000) / 1000 };
  if (event.type !== 'problem') return `${JSON.stringify({ ...at, ...event })}\n`;
  const { name, message, code } = event.error as Error & { code?: unknown };
  return `${JSON.stringify({ ...at, type: 'problem', key: event.key, error: { name, message, code } })}\n`;
}

/** @throws SyntaxError if the line is no event. */
export function parseEvent(line: string): RecordedEvent {
  const { ms, ...event } = parseJson(line) as { ms?: unknown; type?: unknown; [field: string]: unknown };
  const read = (): SourceEvent | undefined => {
    const { kind, object, namespace, name, key, error, origin } = event;
    switch (event.type) {
      case 'upsert':
        if (!isKind(kind) || typeof object !== 'object' || object === null) return undefined;
        return { type: 'upsert', kind, object, ...(typeof origin === 'string' ? { origin } : {}) };
      case 'delete':
        if (!isKind(kind) || typeof namespace !== 'string' || typeof name !== 'string') return undefined;
        return { type: 'delete', kind, namespace, name };
      case 'synced':
        return { type: 'synced' };
      case 'problem': {
        const { name: type, message, code } = (error ?? {}) as Record<string, unknown>;
        const problem = new RecordedProblem(
          String(type),
          String(message),
          typeof code === 'string' ? code : undefined,
        );
        return { type: 'problem', error: problem, ...(typeof key === 'string' ? { key } : {}) };
      }
      case 'resolved':
        return typeof key === 'string' ? { type: 'resolved', key } : undefined;
      default:
        return undefined;
    }
  };
  const found = read();
  if (found === undefined || typeof ms !== 'number') throw new SyntaxError(`no event: ${line.slice(0, 80)}`);
  return { ms, event: found };
}

function parseJson(line: string): object {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new SyntaxError(`no object: ${line.slice(0, 80)}`);
  return value;
}

function isKind(value: unknown): value is ObjectKind {
  return value === 'LbxService' || (typeof value === 'string' && Object.hasOwn(apiVersions, value));
}

import type { Event } from 'js-yaml';
import { jsYaml, yaml } from '../yaml.ts';

/** One document of a file, unless it is empty, and the line that its content begins in. */
export interface ManifestDocument {
  readonly value: unknown;
  readonly line: number;
}

/** Told of what cannot be read. */
type OnProblem = (reason: string, at: { readonly line: number; readonly column?: number }) => void;

/** The documents of a YAML file; those that cannot be read are told, the others are there all the same. */
export function yamlDocuments(text: string, onProblem: OnProblem): ManifestDocument[] {
  return plainDocuments(text) ?? anyDocuments(text, onProblem);
}

/**
 * Nearly every manifest is correct and plain, and js-yaml reads those eight times as fast as yaml does.
 *
 * @returns undefined if there is a mistake in it, an alias (they can multiply without end), or a tag
 */
function plainDocuments(text: string): ManifestDocument[] | undefined {
  const { CORE_SCHEMA, constructFromEvents, EVENT_ID, parseEvents } = jsYaml();
  let events: Event[];
  let values: readonly unknown[];
  try {
    events = parseEvents(text, {});
    values = constructFromEvents(events, { source: text, schema: CORE_SCHEMA, maxAliases: 0 });
  } catch {
    return undefined;
  }
  const documents: ManifestDocument[] = [];
  const lines = lineFinder(text);
  let document = 0;
  for (const [i, event] of events.entries()) {
    if (event.type !== EVENT_ID.DOCUMENT) continue;
    const value = values[document++];
    const start = startOf(events[i + 1]);
    if (value !== null && value !== undefined) documents.push({ value, line: lines(start) });
  }
  return documents;
}

/** Where a node begins in the text. */
function startOf(event: Event | undefined): number {
  const { EVENT_ID } = jsYaml();
  switch (event?.type) {
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    case EVENT_ID.SCALAR:
      return event.valueStart;
    default:
      return 0;
  }
}

/** Says the line of offsets that only grow. */
function lineFinder(text: string): (offset: number) => number {
  let line = 1;
  let next = text.indexOf('\n');
  return (offset) => {
    while (next >= 0 && next < offset) {
      line += 1;
      next = text.indexOf('\n', next + 1);
    }
    return line;
  };
}

function anyDocuments(text: string, onProblem: OnProblem): ManifestDocument[] {
  const { LineCounter, parseAllDocuments } = yaml();
  const counter = new LineCounter();
  const documents: ManifestDocument[] = [];
  let parsed: ReturnType<typeof parseAllDocuments>;
  try {
    parsed = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false, logLevel: 'silent' });
  } catch (cause) {
    // Nested so deep that the parser runs out of stack.
    onProblem(`cannot be parsed: ${cause instanceof Error ? cause.message : String(cause)}`, { line: 1 });
    return [];
  }
  for (const document of parsed) {
    const { line } = counter.linePos(document.contents?.range?.[0] ?? document.range?.[0] ?? 0);
    const [error] = document.errors;
    if (error !== undefined) {
      const at = counter.linePos(error.pos[0]);
      onProblem(error.message, { line: at.line, column: at.col });
      continue;
    }
    try {
      const value: unknown = document.toJS();
      if (value !== null && value !== undefined) documents.push({ value, line });
    } catch (cause) {
      // Aliases that lead nowhere or multiply without end.
      onProblem(cause instanceof Error ? cause.message : String(cause), { line });
    }
  }
  return documents;
}

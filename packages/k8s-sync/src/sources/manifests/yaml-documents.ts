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
 * Nearly every manifest is correct and plain, and js-yaml reads those eight times as fast as yaml does. One document at a
 * time: what the parser makes of a large file is a hundred times as large as what is kept of it.
 *
 * @returns undefined if there is a mistake in it, an alias (they can multiply without end), or a tag
 */
function plainDocuments(text: string): ManifestDocument[] | undefined {
  const documents: ManifestDocument[] = [];
  const lines = lineFinder(text);
  try {
    for (const { from, to } of partsOf(text))
      for (const { value, start } of plainValues(text.slice(from, to)))
        if (value !== null && value !== undefined) documents.push({ value, line: lines(from + start) });
  } catch {
    return undefined;
  }
  return documents;
}

/** Parts of a text that can be read one by one: each begins with a `---`, but for the first. */
function* partsOf(text: string): IterableIterator<{ readonly from: number; readonly to: number }> {
  let from = 0;
  // What a directive says, or where a document ends, is for the parser to tell.
  const marks = /^(?:%|\.\.\.)/m.test(text) ? [] : text.matchAll(/(?<![^\n\r])---(?=[ \t\n\r]|$)/g);
  for (const { index } of marks) {
    if (index > from) yield { from, to: index };
    from = index;
  }
  yield { from, to: text.length };
}

/** @throws if it is not plain. */
function plainValues(text: string): { readonly value: unknown; readonly start: number }[] {
  const { CORE_SCHEMA, constructFromEvents, EVENT_ID, parseEvents } = jsYaml();
  const events: Event[] = parseEvents(text, {});
  const values = constructFromEvents(events, { source: text, schema: CORE_SCHEMA, maxAliases: 0 });
  let document = 0;
  return events.flatMap((event, i) =>
    event.type === EVENT_ID.DOCUMENT ? [{ value: values[document++], start: startOf(events[i + 1]) }] : [],
  );
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

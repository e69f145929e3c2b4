import { parseServiceSpec, type ServiceSpec } from '@lbx/maps';
import { type Document, isMap, isNode, LineCounter, parseAllDocuments } from 'yaml';
import { CliError } from '../cli-error.ts';

/** What documents with services of lbx's own say they are. */
export const SERVICE_API = 'lbx/v1';

/** A service and where it stands: "web.yaml:12". */
export interface FoundService {
  readonly spec: ServiceSpec;
  readonly origin: string;
}

/** What a file has of lbx's own services. */
export interface ServiceFile {
  readonly services: readonly FoundService[];
  readonly problems: readonly CliError[];
  /** Documents that are something else: Kubernetes objects, most often. */
  readonly others: number;
}

/**
 * Reads the documents of a YAML (or JSON) file that are services of lbx's own: `apiVersion: lbx/v1`, `kind: Service` with
 * the fields of ServiceSpec, or `kind: ServiceList` with `items`. Everything else is left to others. What is wrong is a
 * problem that names file, line, column and field; the other services of the file count all the same.
 *
 * @param file - for messages.
 */
export function parseServiceFile(text: string, file: string): ServiceFile {
  const services: FoundService[] = [];
  const problems: CliError[] = [];
  let others = 0;
  const lines = new LineCounter();
  const fileProblem = (place: string, message: string) =>
    problems.push(new CliError('LBX_BAD_FILE', `${place}: ${message}`));
  let documents: ReturnType<typeof parseAllDocuments>;
  try {
    documents = parseAllDocuments(text, { lineCounter: lines, logLevel: 'error' });
  } catch (error) {
    // Nested so deep that the parser runs out of stack.
    fileProblem(`${file}:1:1`, `cannot be parsed: ${(error as Error).message}`);
    return { services, problems, others };
  }
  for (const document of documents) {
    if (!('contents' in document)) continue;
    const [apiVersion, kind] = ['apiVersion', 'kind'].map((key) =>
      isMap(document.contents) ? document.get(key) : undefined,
    );
    if (apiVersion !== SERVICE_API) {
      others++;
      continue;
    }
    const placeOf = (path: readonly (string | number)[]) => {
      for (let length = path.length; length >= 0; length--) {
        const node = document.getIn(path.slice(0, length), true);
        if (!isNode(node) || node.range == null) continue;
        const { line, col } = lines.linePos(node.range[0]);
        return `${file}:${line}:${col}`;
      }
      return file;
    };
    const problem = (path: readonly (string | number)[], message: string) =>
      fileProblem(placeOf(path), message);
    const [broken] = document.errors;
    if (broken !== undefined) {
      const { line, col } = broken.linePos?.[0] ?? { line: 1, col: 1 };
      fileProblem(`${file}:${line}:${col}`, broken.message.split('\n')[0]!);
      continue;
    }
    let content: unknown;
    try {
      content = toValue(document);
    } catch (error) {
      // Aliases that lead nowhere or multiply without end.
      problem([], (error as Error).message);
      continue;
    }
    const read = (value: unknown, path: readonly (string | number)[]) => {
      try {
        services.push({ spec: parseServiceSpec(withoutHead(value)), origin: placeOf(path) });
      } catch (error) {
        const field = (error as { field?: unknown }).field;
        if (typeof field !== 'string') throw error;
        problem([...path, ...pathOf(field)], (error as Error).message);
      }
    };
    if (kind === 'Service') read(content, []);
    else if (kind === 'ServiceList') {
      const { items } = content as { items?: unknown };
      if (Array.isArray(items)) for (const [i, item] of items.entries()) read(item, ['items', i]);
      else problem(['items'], 'items: a ServiceList needs a list of services');
    } else problem(['kind'], `kind: ${JSON.stringify(kind)} is none of Service, ServiceList`);
  }
  return { services, problems, others };
}

function toValue(document: Document): unknown {
  return document.toJS({ maxAliasCount: 100 }) ?? {};
}

function withoutHead(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { apiVersion: _, kind: __, ...spec } = value as Record<string, unknown>;
  return spec;
}

/** `backends[2].port` to its steps. */
function pathOf(field: string): (string | number)[] {
  return [...field.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
}

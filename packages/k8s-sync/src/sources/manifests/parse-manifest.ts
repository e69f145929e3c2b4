import { BadManifestError } from '../../errors.ts';
import { objectIdentity } from '../../objects/object-identity.ts';
import { withApiDefaults } from '../api-defaults.ts';
import { isNestedTooDeep, maxNesting } from '../nesting.ts';
import { objectKindOf } from '../object-kind.ts';
import { projectObject } from '../project-object.ts';
import type { ObjectKind } from '../source-event.ts';
import { yaml } from '../yaml.ts';
import { ownTexts } from './own-texts.ts';
import { type ManifestDocument, yamlDocuments } from './yaml-documents.ts';

/** One Kubernetes object of a manifest. */
export interface ManifestObject {
  readonly kind: ObjectKind;
  readonly namespace: string;
  readonly name: string;
  readonly object: object;
  /** "web.yaml:12" */
  readonly origin: string;
}

/** What a manifest says; with problems its objects are those that could be read all the same. */
export interface Manifest {
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly BadManifestError[];
}

/**
 * Reads a manifest as kubectl does: YAML (any number of documents) or, by the name of the file, JSON; lists are unpacked;
 * objects of other kinds are skipped; defaults of the API server are filled in, and what no load balancer reads is left out.
 *
 * @param file name for messages; ".json" makes it JSON
 */
export function parseManifest(text: string, file: string): Manifest {
  const objects: ManifestObject[] = [];
  const problems: BadManifestError[] = [];
  const source = text.startsWith('\u{feff}') ? text.slice(1) : text;
  const isJson = file.endsWith('.json');
  for (const { value, line } of isJson
    ? jsonDocument(source, file, problems)
    : yamlDocuments(source, (reason, at) => problems.push(new BadManifestError(file, reason, at)))) {
    // The same text for all items of a list.
    const origin = [file, line].join(':');
    unpack(value, '', (item, path) => {
      if (typeof item !== 'object' || item === null || Array.isArray(item)) {
        problems.push(
          new BadManifestError(file, `${path}should be a Kubernetes object with kind and metadata`, { line }),
        );
        return;
      }
      if (isNestedTooDeep(item)) {
        const reason = `${path}lists and objects are nested deeper than ${maxNesting} levels`;
        problems.push(new BadManifestError(file, reason, { line }));
        return;
      }
      const kind = objectKindOf(item);
      if (typeof kind !== 'string') {
        if (!kind.foreign)
          problems.push(new BadManifestError(file, `${path}${kind.field} ${kind.reason}`, { line }));
        return;
      }
      const { namespace, name } = objectIdentity(kind, item);
      if (name === undefined) {
        problems.push(new BadManifestError(file, `${path}${kind}: metadata.name is missing`, { line }));
        return;
      }
      const projected = projectObject(kind, withApiDefaults(item));
      const object = isJson ? projected : (ownTexts(projected) as object);
      objects.push({ kind, namespace, name, object, origin });
    });
  }
  return { objects, problems };
}

/** Calls `each` for a value, or for the items of a List; `path` is "" or "items[2]: ". */
function unpack(value: unknown, path: string, each: (item: unknown, path: string) => void): void {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown };
  const isList = typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items);
  if (!isList) {
    each(value, path);
    return;
  }
  items.forEach((item, i) => {
    // The items of a ServiceList may do without kind and apiVersion.
    const plain = kind.slice(0, -4);
    const untyped = plain !== '' && typeof item === 'object' && item !== null && !('kind' in item);
    const { apiVersion } = value as { apiVersion?: unknown };
    each(untyped ? { kind: plain, apiVersion, ...item } : item, `${path}items[${i}]: `);
  });
}

function jsonDocument(text: string, file: string, problems: BadManifestError[]): ManifestDocument[] {
  if (text.trim() === '') return [];
  try {
    return [{ value: JSON.parse(text), line: 1 }];
  } catch (cause) {
    // V8 says what is wrong but seldom where; the YAML parser, JSON being YAML, says where.
    const { LineCounter, parseDocument } = yaml();
    const counter = new LineCounter();
    const { errors } = parseDocument(text, { lineCounter: counter, prettyErrors: false, schema: 'json' });
    const { line, col } = counter.linePos(errors[0]?.pos[0] ?? text.length);
    const reason = messageOf(cause).replace(/(, (\.\.\.)?".*| in JSON at position.*| at position.*)$/s, '');
    problems.push(new BadManifestError(file, reason, { line, column: col }));
    return [];
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

import { DuplicateObjectError } from '../../errors.ts';
import { objectIdentity } from '../../objects/object-identity.ts';
import type { ObjectKind, SourceEvent } from '../source-event.ts';

type Upsert = Extract<SourceEvent, { type: 'upsert' }>;

/**
 * The objects of several sources, by name. Of an object that several have, that of the first source counts; when it goes,
 * that of the next takes its place, so that the object is never gone in between.
 */
export class MergedObjects {
  readonly #names: readonly string[];
  /** "Service default/web" → what each source said of it. */
  readonly #objects = new Map<string, (Upsert | undefined)[]>();

  /** @param names of the sources, the first one first */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Objects that exist. */
  get size(): number {
    return this.#objects.size;
  }

  /** A source tells an object. @returns the events that this amounts to. */
  upsert(source: number, event: Upsert): SourceEvent[] {
    const { namespace, name } = objectIdentity(event.kind, event.object);
    // Nothing to know it again by; whoever reads it says so.
    if (name === undefined) return [event];
    const key = keyOf(event.kind, namespace, name);
    const versions = this.#objects.get(key) ?? [];
    const before = this.#duplicate(key, versions);
    versions[source] = event;
    this.#objects.set(key, versions);
    const counts = versions.findIndex((version) => version !== undefined) === source;
    return [...(counts ? [event] : []), ...this.#problems(key, before, this.#duplicate(key, versions))];
  }

  /** A source no longer has an object. @returns the events that this amounts to. */
  delete(source: number, event: Extract<SourceEvent, { type: 'delete' }>): SourceEvent[] {
    const key = keyOf(event.kind, event.namespace, event.name);
    const versions = this.#objects.get(key);
    if (versions?.[source] === undefined) return [];
    const before = this.#duplicate(key, versions);
    const counted = versions.findIndex((version) => version !== undefined) === source;
    versions[source] = undefined;
    const next = versions.find((version) => version !== undefined);
    if (next === undefined) this.#objects.delete(key);
    return [
      ...(counted ? [next ?? event] : []),
      ...this.#problems(key, before, this.#duplicate(key, versions)),
    ];
  }

  #duplicate(key: string, versions: readonly (Upsert | undefined)[]): DuplicateObjectError | undefined {
    const [first, second] = this.#names.filter((_, source) => versions[source] !== undefined);
    return first !== undefined && second !== undefined
      ? new DuplicateObjectError(key, first, second)
      : undefined;
  }

  #problems(
    key: string,
    before: DuplicateObjectError | undefined,
    after: DuplicateObjectError | undefined,
  ): SourceEvent[] {
    if (before?.message === after?.message) return [];
    return after === undefined
      ? [{ type: 'resolved', key: `duplicate ${key}` }]
      : [{ type: 'problem', error: after, key: `duplicate ${key}` }];
  }
}

function keyOf(kind: ObjectKind, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`;
}

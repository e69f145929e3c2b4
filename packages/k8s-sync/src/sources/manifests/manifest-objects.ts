import { isDeepStrictEqual } from 'node:util';
import { DuplicateManifestError } from '../../errors.ts';
import type { SourceEvent } from '../source-event.ts';
import type { ManifestObject } from './parse-manifest.ts';

/** The objects of many files. An object in several files counts once: in the first file by name. */
export class ManifestObjects {
  readonly #files = new Map<string, ReadonlyMap<string, ManifestObject>>();
  /** Files that have an object, sorted. */
  readonly #owners = new Map<string, string[]>();
  readonly #twiceInFile = new Map<string, ReadonlySet<string>>();

  /** Objects that count. */
  get size(): number {
    return this.#owners.size;
  }

  /** Keys of the objects that a file has now. */
  keysOf(file: string): ReadonlySet<string> {
    return new Set(this.#files.get(file)?.keys());
  }

  /** The file now has these objects (none: it is gone). @returns the events that this amounts to. */
  replace(file: string, objects: readonly ManifestObject[]): SourceEvent[] {
    const before = this.#files.get(file) ?? new Map<string, ManifestObject>();
    const after = new Map<string, ManifestObject>();
    const twice = new Set<string>();
    for (const object of objects) {
      const key = manifestKey(object);
      if (after.has(key)) twice.add(key);
      else after.set(key, object);
    }
    const keys = new Set([...after.keys(), ...before.keys()]);
    const current = new Map([...keys].map((key) => [key, this.#current(key)]));
    const problems = new Map([...keys].map((key) => [key, this.#duplicate(key)]));
    this.#files.set(file, after);
    this.#twiceInFile.set(file, twice);
    for (const key of keys) {
      const owners = (this.#owners.get(key) ?? []).filter((owner) => owner !== file);
      if (after.has(key)) owners.push(file);
      if (owners.length === 0) this.#owners.delete(key);
      else this.#owners.set(key, owners.sort());
    }
    const events: SourceEvent[] = [];
    for (const key of keys) {
      const [was, is] = [current.get(key), this.#current(key)];
      if (is !== undefined && !(was !== undefined && isDeepStrictEqual(was.object, is.object))) {
        events.push({ type: 'upsert', kind: is.kind, object: is.object, origin: is.origin });
      }
      if (is === undefined && was !== undefined) {
        events.push({ type: 'delete', kind: was.kind, namespace: was.namespace, name: was.name });
      }
      const [had, has] = [problems.get(key), this.#duplicate(key)];
      if (has !== undefined && has.message !== had?.message)
        events.push({ type: 'problem', error: has, key: `duplicate ${key}` });
      if (has === undefined && had !== undefined) events.push({ type: 'resolved', key: `duplicate ${key}` });
    }
    if (after.size === 0 && twice.size === 0) {
      this.#files.delete(file);
      this.#twiceInFile.delete(file);
    }
    return events;
  }

  #current(key: string): ManifestObject | undefined {
    const owner = this.#owners.get(key)?.[0];
    return owner === undefined ? undefined : this.#files.get(owner)?.get(key);
  }

  #duplicate(key: string): DuplicateManifestError | undefined {
    const owners = this.#owners.get(key) ?? [];
    if (owners.length > 1) return new DuplicateManifestError(key, owners[0]!, owners[1]!);
    const [only] = owners;
    return only !== undefined && this.#twiceInFile.get(only)?.has(key) === true
      ? new DuplicateManifestError(key, only, only)
      : undefined;
  }
}

/** "Service default/web" */
export function manifestKey(object: Pick<ManifestObject, 'kind' | 'namespace' | 'name'>): string {
  const { kind, namespace, name } = object;
  return [kind, ' ', namespace, namespace === '' ? '' : '/', name].join('');
}

import { hash } from 'node:crypto';
import { DuplicateManifestError } from '../../errors.ts';
import type { SourceEvent } from '../source-event.ts';
import type { ManifestObject } from './parse-manifest.ts';

/** What is kept of an object: no more than tells whether it says something else now. */
interface KnownObject extends Pick<ManifestObject, 'kind' | 'namespace' | 'name'> {
  readonly digest: string;
}

/** What a file's objects amount to. */
export interface FileChange {
  readonly events: readonly SourceEvent[];
  /** Files with an object that counts from now on: they have to be read again for what it says. */
  readonly reread: ReadonlySet<string>;
}

/** The objects of many files. An object in several files counts once: in the first file by name. */
export class ManifestObjects {
  readonly #files = new Map<string, ReadonlyMap<string, KnownObject>>();
  /** Files that have an object, sorted. */
  readonly #owners = new Map<string, string[]>();
  readonly #twiceInFile = new Map<string, ReadonlySet<string>>();
  /** Objects as they were last told, where that is not what the file says that counts. */
  readonly #stale = new Map<string, KnownObject>();

  /** Objects that count. */
  get size(): number {
    return this.#owners.size;
  }

  /** Keys of the objects that a file has now. */
  keysOf(file: string): ReadonlySet<string> {
    return new Set(this.#files.get(file)?.keys());
  }

  /** The file now has these objects (none: it is gone). */
  replace(file: string, objects: readonly ManifestObject[]): FileChange {
    const before = this.#files.get(file);
    const given = new Map<string, ManifestObject>();
    const after = new Map<string, KnownObject>();
    const twice = new Set<string>();
    for (const object of objects) {
      const key = manifestKey(object);
      if (given.has(key)) {
        twice.add(key);
        continue;
      }
      given.set(key, object);
      const { kind, namespace, name } = object;
      after.set(key, { kind, namespace, name, digest: digestOf(object.object) });
    }
    const keys = new Set([...after.keys(), ...(before?.keys() ?? [])]);
    const told = new Map([...keys].map((key) => [key, this.#stale.get(key) ?? this.#current(key)]));
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
    const reread = new Set<string>();
    for (const key of keys) {
      const [was, is] = [told.get(key), this.#current(key)];
      const owner = this.#owners.get(key)?.[0];
      this.#stale.delete(key);
      if (is !== undefined && was?.digest !== is.digest) {
        if (owner === file) {
          const { kind, object, origin } = given.get(key)!;
          events.push({ type: 'upsert', kind, object, origin });
        } else {
          if (was !== undefined) this.#stale.set(key, was);
          reread.add(owner!);
        }
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
    return { events, reread };
  }

  #current(key: string): KnownObject | undefined {
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

const digestOf = (object: object): string => hash('sha256', JSON.stringify(object), 'base64');

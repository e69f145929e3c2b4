import { TestingError } from '../errors.ts';
import type { FakeObject } from './fake-object.ts';
import type { FakeResource } from './fake-resource.ts';

/** One change, as etcd remembers it. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: string;
  readonly version: number;
  readonly object: FakeObject;
  /** What was there before. */
  readonly previous: FakeObject | undefined;
}

/** A list as of one moment. */
export interface StoreSnapshot {
  readonly version: number;
  readonly objects: readonly FakeObject[];
}

/**
 * Objects with one counter of versions for all of them, their history, and what compaction leaves of it: as much of etcd
 * as clients of an API server can notice.
 */
export class ObjectStore {
  readonly #resources: readonly FakeResource[];
  readonly #objects = new Map<string, Map<string, FakeObject>>();
  readonly #snapshots = new Map<string, StoreSnapshot>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #history: StoreEvent[] = [];
  #version = 100;
  #compacted = 0;

  constructor(resources: readonly FakeResource[]) {
    this.#resources = resources;
  }

  get version(): number {
    return this.#version;
  }

  /** Versions before this one are forgotten. */
  get compacted(): number {
    return this.#compacted;
  }

  onEvent(listener: (event: StoreEvent) => void): void {
    this.#listeners.add(listener);
  }

  /** Adds or replaces an object. @returns it, with its resourceVersion. */
  put(given: object): FakeObject {
    const copy = structuredClone(given) as Partial<FakeObject>;
    const resource = this.#resourceOf(copy);
    const { name } = copy.metadata ?? {};
    if (typeof name !== 'string' || name === '') {
      throw new TestingError(
        'LBX_TESTING_OBJECT',
        `a ${resource.kind} without metadata.name cannot be stored`,
      );
    }
    const namespace = resource.namespaced ? { namespace: copy.metadata?.namespace ?? 'default' } : {};
    this.#version += 1;
    const object: FakeObject = {
      ...copy,
      apiVersion: resource.apiVersion,
      kind: resource.kind,
      metadata: { ...copy.metadata, name, ...namespace, resourceVersion: String(this.#version) },
    };
    const objects = this.#of(resource.kind);
    const key = keyOf(object);
    const previous = objects.get(key);
    objects.set(key, object);
    this.#happened({
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      kind: resource.kind,
      version: this.#version,
      object,
      previous,
    });
    return object;
  }

  /** Removes an object. @returns whether it existed. */
  delete(kind: string, namespace: string, name: string): boolean {
    const objects = this.#of(this.#resourceOf({ kind }).kind);
    const key = `${namespace}/${name}`;
    const previous = objects.get(key);
    if (previous === undefined) return false;
    objects.delete(key);
    this.#version += 1;
    const object = {
      ...previous,
      metadata: { ...previous.metadata, resourceVersion: String(this.#version) },
    };
    this.#happened({ type: 'DELETED', kind, version: this.#version, object, previous });
    return true;
  }

  get(kind: string, namespace: string, name: string): FakeObject | undefined {
    return this.#of(kind).get(`${namespace}/${name}`);
  }

  /** All objects of a kind, sorted by namespace and name. */
  /** @throws TestingError (LBX_TESTING_OBJECT) for a kind that there is not. */
  list(kind: string): FakeObject[] {
    this.#resourceOf({ kind });
    return [...this.#of(kind)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** What a list that goes on page by page lists; undefined if it is forgotten. */
  snapshot(kind: string, version = this.#version): StoreSnapshot | undefined {
    const key = `${kind} ${version}`;
    if (version === this.#version) this.#snapshots.set(key, { version, objects: this.list(kind) });
    return this.#snapshots.get(key);
  }

  /** What happened after `version`; undefined if that is forgotten. */
  since(kind: string, version: number): readonly StoreEvent[] | undefined {
    if (version < this.#compacted) return undefined;
    return this.#history.filter((event) => event.kind === kind && event.version > version);
  }

  /** Something else in the cluster is written: versions go on, no object of a kind that is followed changes. */
  advance(): number {
    this.#version += 1;
    return this.#version;
  }

  /** Forgets all that happened so far. */
  compact(): void {
    this.#compacted = this.#version;
    this.#history = [];
    this.#snapshots.clear();
  }

  #resourceOf({ kind, apiVersion }: Partial<FakeObject>): FakeResource {
    const found = this.#resources.find(
      (resource) =>
        resource.kind === kind && (apiVersion === undefined || resource.apiVersion === apiVersion),
    );
    if (found !== undefined) return found;
    const known = this.#resources.map((resource) => `${resource.kind} (${resource.apiVersion})`).join(', ');
    throw new TestingError(
      'LBX_TESTING_OBJECT',
      `the fake API server knows no ${kind} of ${apiVersion ?? 'any version'}, only ${known}; name it in \`resources\``,
    );
  }

  #of(kind: string): Map<string, FakeObject> {
    let objects = this.#objects.get(kind);
    if (objects === undefined) {
      objects = new Map();
      this.#objects.set(kind, objects);
    }
    return objects;
  }

  #happened(event: StoreEvent): void {
    this.#history.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

/** "namespace/name", "/name" without a namespace. */
function keyOf(object: FakeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

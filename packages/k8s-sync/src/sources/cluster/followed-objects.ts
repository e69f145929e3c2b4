import { objectIdentity } from '../../objects/object-identity.ts';
import { projectObject } from '../project-object.ts';
import type { KubernetesKind, SourceEvent } from '../source-event.ts';
import { resourceVersionOf } from './watch-event.ts';

type Push = (event: SourceEvent) => Promise<void> | undefined;

/**
 * What was told of one kind: each object's resourceVersion, nothing else. Turns lists and watch events into the difference
 * to that. Every method returns what the listener's queue returned: a promise if it is busy.
 */
export class FollowedObjects {
  readonly #kind: KubernetesKind;
  readonly #push: Push;
  readonly #limit: number;
  /** "namespace/name" → resourceVersion of what was told. */
  readonly #known = new Map<string, string>();

  constructor(kind: KubernetesKind, push: Push, limit: number) {
    this.#kind = kind;
    this.#push = push;
    this.#limit = limit;
  }

  get size(): number {
    return this.#known.size;
  }

  /** @throws SyntaxError if the object has no name; RangeError if there are more than the limit. */
  upsert(object: object): Promise<void> | undefined {
    return this.#upsert(this.#keyOf(object), object);
  }

  delete(object: object): Promise<void> | undefined {
    return this.#remove(this.#keyOf(object));
  }

  /** A list begins: see {@link Listing}. */
  beginListing(): Listing {
    const seen = new Set<string>();
    return {
      upsert: (object) => {
        const key = this.#keyOf(object);
        seen.add(key);
        return this.#upsert(key, object);
      },
      delete: (object) => {
        const key = this.#keyOf(object);
        seen.delete(key);
        return this.#remove(key);
      },
      complete: () => {
        let busy: Promise<void> | undefined;
        for (const key of this.#known.keys()) if (!seen.has(key)) busy = this.#remove(key);
        return busy;
      },
    };
  }

  #keyOf(object: object): string {
    const { namespace, name } = objectIdentity(this.#kind, object);
    if (name === undefined) throw new SyntaxError(`a ${this.#kind} has no name`);
    return [namespace, name].join('/');
  }

  #upsert(key: string, object: object): Promise<void> | undefined {
    const version = resourceVersionOf(object);
    const known = this.#known.get(key);
    if (version !== '' && known === version) return undefined;
    if (known === undefined && this.#known.size >= this.#limit) {
      throw new RangeError(
        `there are more than ${this.#limit} objects of kind ${this.#kind}; raise maxObjects if that is right`,
      );
    }
    this.#known.set(key, version);
    return this.#push({ type: 'upsert', kind: this.#kind, object: projectObject(this.#kind, object) });
  }

  #remove(key: string): Promise<void> | undefined {
    if (!this.#known.delete(key)) return undefined;
    const slash = key.indexOf('/');
    return this.#push({
      type: 'delete',
      kind: this.#kind,
      namespace: key.slice(0, slash),
      name: key.slice(slash + 1),
    });
  }
}

/**
 * A list while it comes in. What it has is told as it comes; what it lacks is deleted only by complete(): a list that
 * breaks off is dropped, and takes nothing away.
 */
export interface Listing {
  upsert(object: object): Promise<void> | undefined;
  delete(object: object): Promise<void> | undefined;
  complete(): Promise<void> | undefined;
}

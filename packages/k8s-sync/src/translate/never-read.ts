import { serviceNameLabel } from '../objects/endpoint-slice-object.ts';
import type { ObjectKind } from '../sources/source-event.ts';

/** What the objects mean that cannot be read, and of which this process has never seen a version that could. */
export interface NeverRead {
  /** Services and Pods: "Service default/web". Frontends that nobody else asks for may be theirs. */
  readonly owners: readonly string[];
  /** Services ("default/web") with such an EndpointSlice: not all of their endpoints are known. */
  readonly services: ReadonlySet<string>;
  /** Those EndpointSlices: "EndpointSlice default/web-1". */
  readonly slices: readonly string[];
}

/** Keeps account of them. */
export class NeverReadObjects {
  readonly #owners = new Set<string>();
  /** Their Services, by slice. */
  readonly #slices = new Map<string, string>();

  /** @param nodeName a Pod of another node is nobody's. */
  add(kind: ObjectKind, namespace: string, name: string, object: unknown, nodeName: string): void {
    const key = `${kind} ${namespace}/${name}`;
    if (kind === 'Service') this.#owners.add(key);
    else if (kind === 'Pod') {
      const where = textAt(object, 'spec', 'nodeName');
      if (where === undefined || where === nodeName) this.#owners.add(key);
    } else if (kind === 'EndpointSlice') {
      const service = textAt(object, 'metadata', 'labels', serviceNameLabel);
      if (service !== undefined) this.#slices.set(key, `${namespace}/${service}`);
    }
  }

  /** It can be read now, or is gone. */
  delete(key: string): void {
    this.#owners.delete(key);
    this.#slices.delete(key);
  }

  get now(): NeverRead {
    return {
      owners: [...this.#owners].sort(),
      services: new Set(this.#slices.values()),
      slices: [...this.#slices.keys()].sort(),
    };
  }
}

function textAt(object: unknown, ...path: readonly string[]): string | undefined {
  let value = object;
  for (const field of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[field];
  }
  return typeof value === 'string' && value !== '' ? value : undefined;
}

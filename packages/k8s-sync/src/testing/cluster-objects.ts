import { objectIdentity } from '../objects/object-identity.ts';
import { withApiDefaults } from '../sources/api-defaults.ts';
import type { ObjectKind, SourceEvent } from '../sources/source-event.ts';
import type { ObjectReference, ScenarioStep } from './scenario.ts';
import { ScenarioError } from './scenario-error.ts';

/** An object of the cluster as a source tells it. */
export interface ClusterObject extends ObjectReference {
  readonly object: object;
}

/** The objects that exist, and how steps change them. */
export interface ClusterObjects {
  /** What a watch would tell of this step, in the order of the file. */
  change(step: ScenarioStep, file: string): SourceEvent[];
  /** What a list would tell now, in the order in which the objects came. */
  list(): readonly ClusterObject[];
}

/** A cluster without objects. */
export function createClusterObjects(): ClusterObjects {
  const objects = new Map<string, ClusterObject>();
  const put = (object: object): SourceEvent => {
    const { kind } = object as { kind: ObjectKind };
    const { namespace, name = '' } = objectIdentity(kind, object);
    objects.set(keyOf({ kind, namespace, name }), { kind, namespace, name, object });
    return upsertOf({ kind, object });
  };
  return {
    change(step, file) {
      const events = step.apply.map(put);
      for (const patch of step.patch) {
        const { kind } = patch as { kind: ObjectKind };
        const { namespace, name = '' } = objectIdentity(kind, patch);
        const known = objects.get(keyOf({ kind, namespace, name }));
        if (known === undefined)
          throw new ScenarioError(
            file,
            step.line,
            `patch: there is no ${kind} ${namespace}/${name} to patch`,
          );
        events.push(put(mergePatch(known.object, patch) as object));
      }
      for (const reference of step.delete) {
        const named = {
          ...reference,
          namespace: reference.kind === 'Node' ? '' : reference.namespace || 'default',
        };
        if (!objects.delete(keyOf(named)))
          throw new ScenarioError(file, step.line, `delete: there is no ${keyOf(named)} to delete`);
        events.push({ type: 'delete', ...named });
      }
      return events;
    },
    list: () => [...objects.values()],
  };
}

/** "Service default/web". */
export const keyOf = ({ kind, namespace, name }: ObjectReference): string => `${kind} ${namespace}/${name}`;

/** The event that tells an object, with what the API server would have filled in. */
export function upsertOf({ kind, object }: Pick<ClusterObject, 'kind' | 'object'>): SourceEvent {
  return { type: 'upsert', kind, object: withApiDefaults(object) };
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isPlain(patch)) return patch;
  const merged: Record<string, unknown> = isPlain(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

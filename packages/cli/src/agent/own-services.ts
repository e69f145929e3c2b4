import type { ManifestObject, MoreObjects, Translator } from '@lbx/k8s-sync';
import { type Frontend, frontendsOf, type ServiceSpec } from '@lbx/maps';
import { CliError } from '../cli-error.ts';
import { parseServiceFile, SERVICE_API } from '../input/service-file.ts';

/** Services of lbx's own in a file of a folder of manifests (see parseServiceFile). */
export function readOwnServices(text: string, file: string): MoreObjects {
  // Most manifests have none: they are not parsed twice.
  if (!text.includes(SERVICE_API)) return { objects: [], problems: [] };
  const { services, problems } = parseServiceFile(text, file);
  const wrong: CliError[] = [...problems];
  const objects = services.flatMap(({ spec, origin }): ManifestObject[] => {
    try {
      frontendsOf(spec);
    } catch (error) {
      wrong.push(new CliError('LBX_BAD_FILE', `${origin}: ${(error as Error).message}`));
      return [];
    }
    return [{ kind: 'LbxService', namespace: '', name: spec.name, object: spec, origin }];
  });
  return { objects, problems: wrong };
}

interface OwnService {
  readonly frontends: readonly Frontend[];
  readonly origin: string | undefined;
}

/**
 * A translator that hands on services of lbx's own beside what Kubernetes objects mean. They are what they say: nothing of
 * the node or of other objects changes them. Where a Kubernetes Service has the same name it counts, and that is a problem.
 */
export function withOwnServices(translator: Translator): Translator {
  const own = new Map<string, OwnService>();
  /** Names of the Services of Kubernetes. */
  const theirs = new Set<string>();
  /** Own ones that have to be looked at again, and those that were handed on. */
  const changed = new Set<string>();
  const handedOn = new Set<string>();

  const counts = (name: string) => own.has(name) && !theirs.has(name);
  const note = (name: string, isThere: boolean) => {
    if (isThere) theirs.add(name);
    else theirs.delete(name);
    if (own.has(name)) changed.add(name);
  };
  const conflicts = (): CliError[] =>
    [...own].flatMap(([name, { origin }]) =>
      theirs.has(name)
        ? new CliError(
            'LBX_BAD_FILE',
            `${origin ?? 'a file'}: service ${name}: a Service of Kubernetes has this name, and counts; give this one another name`,
          )
        : [],
    );
  return {
    ...translator,
    apply(event) {
      if (event.type !== 'upsert' && event.type !== 'delete') return translator.apply(event);
      if (event.kind !== 'LbxService') {
        if (event.kind === 'Service') {
          const identity = event.type === 'delete' ? event : metadataOf(event.object);
          note(`${identity.namespace || 'default'}/${identity.name}`, event.type === 'upsert');
        }
        return translator.apply(event);
      }
      if (event.type === 'delete') {
        own.delete(event.name);
        changed.add(event.name);
        return;
      }
      const spec = event.object as ServiceSpec;
      own.set(spec.name, { frontends: frontendsOf(spec), origin: event.origin });
      changed.add(spec.name);
    },
    translateChanges() {
      const changes = new Map(translator.translateChanges());
      for (const name of changed) {
        if (counts(name)) {
          changes.set(name, own.get(name)!.frontends);
          handedOn.add(name);
        } else if (handedOn.delete(name) && !changes.has(name)) changes.set(name, []);
      }
      changed.clear();
      return changes;
    },
    translate() {
      const translation = translator.translate();
      const names = [...own.keys()].filter(counts).sort();
      const gone = [...handedOn].filter((name) => !counts(name));
      const touched = [...names.filter((name) => changed.has(name)), ...gone];
      for (const name of names) handedOn.add(name);
      for (const name of gone) handedOn.delete(name);
      changed.clear();
      return {
        ...translation,
        frontends: [...translation.frontends, ...names.flatMap((name) => own.get(name)!.frontends)],
        changed: [...new Set([...translation.changed, ...touched])].sort(),
        problems: [...translation.problems, ...conflicts()],
      };
    },
    problems: () => [...translator.problems(), ...conflicts()],
  };
}

function metadataOf(object: object): { readonly namespace: string; readonly name: string } {
  const { metadata } = object as { readonly metadata?: { namespace?: unknown; name?: unknown } };
  return { namespace: String(metadata?.namespace ?? ''), name: String(metadata?.name ?? '') };
}

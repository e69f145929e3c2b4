import { createIds } from '../ids/ids.ts';
import { frontendsOf } from '../model/frontends-of.ts';
import { parseServiceSpec } from '../model/parse-service-spec.ts';
import type { ServiceSpec } from '../model/service-spec.ts';
import type { ProjectOptions } from '../project/options.ts';
import { project } from '../project/project.ts';
import { compareFacts, indent } from './compare-facts.ts';
import { frontendFacts } from './frontend-facts.ts';
import { type MapContents, readContents } from './map-contents.ts';
import { type MatcherResult, resultOf } from './matcher-result.ts';

/** A service as `parseServiceSpec` takes it: in full, or in short forms. */
export type ServiceLike =
  | ServiceSpec
  | { readonly name: string; readonly frontends: readonly unknown[]; readonly backends: readonly unknown[] };

/**
 * Do the maps hold this service, exactly so: each frontend with its flags, algorithm, affinity, source ranges and reverse
 * NAT, and with these backends and no others? Ids and the order of slots do not matter, nor what else is there.
 *
 *     expect(tables).toHoldService({ name: 'web', frontends: ['198.51.100.1:80/TCP'], backends: ['192.0.2.10:8080'] });
 *
 * @param options - with which the service was projected, where they are not the defaults.
 */
export function toHoldService(
  received: MapContents,
  service: ServiceLike,
  options: ProjectOptions = {},
): MatcherResult {
  const wanted = project(frontendsOf(parseServiceSpec(service)), options, createIds());
  const refused = wanted.refused[0];
  if (refused !== undefined) throw refused.error;
  const held = readContents(received);
  const problems = [...wanted.frontends.values()].flatMap(({ name, master }) => {
    const found = frontendFacts(held, master);
    const differences =
      found === undefined ? ['is not there'] : compareFacts(frontendFacts(wanted.entries, master)!, found);
    return differences.length === 0 ? [] : [name, ...indent(differences)];
  });
  return resultOf(`the maps hold the service ${service.name}`, problems);
}

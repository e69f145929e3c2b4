import type { ServiceMapName } from '../catalog.ts';
import { readAddress } from '../model/address.ts';
import type { Frontend } from '../model/frontend.ts';
import { frontendsOf } from '../model/frontends-of.ts';
import { readServiceSpec } from '../model/parse-service-spec.ts';
import type { ProjectOptions } from './options.ts';

/** Names of maps in vectors/cilium-project.jsonl. */
export const vectorMaps: Readonly<Record<string, ServiceMapName>> = {
  svc4: 'lb4_services_v2',
  svc6: 'lb6_services_v2',
  be4: 'lb4_backends_v3',
  be6: 'lb6_backends_v3',
  rev4: 'lb4_reverse_nat',
  rev6: 'lb6_reverse_nat',
  aff: 'lb_affinity_match',
  src4: 'lb4_source_range',
  src6: 'lb6_source_range',
  mag4: 'lb4_maglev',
  mag6: 'lb6_maglev',
};

/** Agent configuration of a case; absent fields have the defaults that vectors/README.md lists. */
export interface CaseConfig {
  readonly algorithm?: 'random' | 'maglev';
  readonly tableSize?: number;
  readonly mode?: 'snat' | 'dsr' | 'hybrid';
  readonly wildcards?: boolean;
  readonly externalClusterIP?: boolean;
  readonly algorithmAnnotation?: boolean;
  readonly modeAnnotation?: boolean;
  readonly sourceRangeAllTypes?: boolean;
  readonly noIPv4?: boolean;
  readonly noIPv6?: boolean;
  readonly noKubeProxyReplacement?: boolean;
  readonly noLBIPAM?: boolean;
  readonly serviceMapMax?: number;
  readonly backendMapMax?: number;
  readonly nodeAddrs?: readonly string[];
  readonly zones?: Readonly<Record<string, number>>;
}

/** One line of vectors/cilium-project.jsonl. */
export interface ProjectCase {
  readonly name: string;
  readonly config?: CaseConfig;
  readonly services?: readonly unknown[];
  readonly result: {
    readonly ids?: {
      readonly services?: Readonly<Record<string, number>>;
      readonly backends?: Readonly<Record<string, number>>;
    };
    /** Frontend to indices into the backends of its service. A frontend that is missing was refused at the door. */
    readonly selected?: Readonly<Record<string, readonly number[]>>;
    readonly errors?: Readonly<Record<string, string>>;
    /** Map to [key, value, text]. */
    readonly entries: Readonly<Record<string, readonly (readonly [string, string, string, ...unknown[]])[]>>;
  };
}

/** Our options for a case's configuration. */
export function caseOptions(config: CaseConfig = {}): ProjectOptions {
  const { serviceMapMax = 2048, backendMapMax = 2048 } = config;
  return {
    nodeAddresses: config.nodeAddrs ?? [],
    algorithm: config.algorithm ?? 'random',
    maglevSize: config.tableSize ?? 251,
    forwarding: config.mode ?? 'snat',
    wildcards: config.wildcards ?? false,
    wildcardsWithoutClass: !config.noLBIPAM,
    externalClusterIP: config.externalClusterIP ?? false,
    sourceRangesForAllTypes: config.sourceRangeAllTypes ?? false,
    perServiceAlgorithm: config.algorithmAnnotation ?? false,
    perServiceForwarding: config.modeAnnotation ?? false,
    ipv4: !config.noIPv4,
    ipv6: !config.noIPv6,
    replacesKubeProxy: !config.noKubeProxyReplacement,
    maxEntries: {
      lb4_services_v2: serviceMapMax,
      lb6_services_v2: serviceMapMax,
      lb4_backends_v3: backendMapMax,
      lb6_backends_v3: backendMapMax,
    },
  };
}

/** The frontends of a case in Cilium's order of calls: by service, then by address, redirected ones last. */
export function caseFrontends({
  services = [],
  config = {},
}: Pick<ProjectCase, 'services' | 'config'>): Frontend[] {
  const specs = services.map((service) => readServiceSpec(service, { zones: config.zones ?? {} }));
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const rank = (frontend: Frontend) => {
    const { family, order } = readAddress(frontend.address)!;
    return `${frontend.redirected ? 1 : 0}${family}${typeof order === 'number' ? String(order).padStart(10, '0') : order}`;
  };
  return specs.flatMap((spec) =>
    frontendsOf(spec, byName)
      .map((frontend) => ({ frontend, key: rank(frontend) }))
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.frontend.port - b.frontend.port))
      .map(({ frontend }) => frontend),
  );
}

import type { Backend } from '../../src/model/backend.ts';
import type { Frontend, FrontendType, Scope } from '../../src/model/frontend.ts';
import { frontendsOf } from '../../src/model/frontends-of.ts';
import type { FrontendSpec, ServiceSpec } from '../../src/model/service-spec.ts';
import type { ProjectOptions } from '../../src/project/options.ts';
import { type EndpointState, type Event, nodeAddresses, type Step, type WorldOption } from './event.ts';

/** What is wanted at one moment: frontends by service, and the options of the node. */
export interface Desired {
  readonly services: ReadonlyMap<string, readonly Frontend[]>;
  readonly options: ProjectOptions;
}

interface Service {
  places: readonly number[];
  endpoints: Map<number, EndpointState>;
  spec: Partial<ServiceSpec>;
}

/** Length of the Maglev tables: short, so that writing many costs little. */
export const MAGLEV_SIZE = 13;

/** Turns events into what is wanted. A service that an event does not touch keeps its frontend objects. */
export function createWorld(): { happen(step: Step): Desired } {
  const services = new Map<number, Service>();
  const frontends = new Map<string, readonly Frontend[]>();
  const on = new Set<WorldOption>(['maglev', 'wildcards', 'ipv6', 'replacesKubeProxy']);
  let nodes: readonly string[] = nodeAddresses.slice(0, 2);
  let room: number | undefined;

  const happenOne = (event: Event) => {
    if (event.kind === 'nodes') nodes = event.nodes;
    else if (event.kind === 'option') on[event.on ? 'add' : 'delete'](event.option);
    else if (event.kind === 'room') room = event.entries;
    else {
      const service = serviceFor(event, services);
      if (service === undefined) frontends.delete(nameOf(event.service));
      else frontends.set(nameOf(event.service), frontendsOf(specOf(event.service, service)));
    }
  };
  return {
    happen(step) {
      step.forEach(happenOne);
      return { services: new Map([...frontends].sort()), options: optionsOf(on, nodes, room) };
    },
  };
}

const nameOf = (service: number) => `s${service}`;

function optionsOf(
  on: ReadonlySet<WorldOption>,
  nodes: readonly string[],
  room: number | undefined,
): ProjectOptions {
  return {
    nodeAddresses: nodes,
    algorithm: on.has('maglev') ? 'maglev' : 'random',
    maglevSize: MAGLEV_SIZE,
    wildcards: on.has('wildcards'),
    externalClusterIP: on.has('externalClusterIP'),
    sourceRangesForAllTypes: on.has('sourceRangesForAllTypes'),
    ipv6: on.has('ipv6'),
    replacesKubeProxy: on.has('replacesKubeProxy'),
    ...(room === undefined
      ? {}
      : { maxEntries: { lb4_services_v2: room, lb4_backends_v3: room, lb4_source_range: 3 } }),
  };
}

type ServiceEvent = Extract<Event, { readonly service: number }>;

/** The service after an event; events on a service that is not there make it, with one frontend and two endpoints. */
function serviceFor(event: ServiceEvent, services: Map<number, Service>): Service | undefined {
  if (event.kind === 'remove') {
    services.delete(event.service);
    return undefined;
  }
  let service = services.get(event.service);
  if (service === undefined) {
    service = {
      places: [event.service % 2],
      endpoints: new Map([
        [0, 'active'],
        [event.service, 'active'],
      ]),
      spec: {},
    };
    services.set(event.service, service);
  }
  change(service, event);
  return service;
}

function change(service: Service, event: Exclude<ServiceEvent, { kind: 'remove' }>): void {
  const { spec, endpoints } = service;
  switch (event.kind) {
    case 'places':
      service.places = event.places;
      break;
    case 'endpoints': {
      const before = new Map(endpoints);
      endpoints.clear();
      for (const one of event.endpoints) endpoints.set(one, before.get(one) ?? 'active');
      break;
    }
    case 'state':
      if (event.state === 'absent') endpoints.delete(event.endpoint);
      else endpoints.set(event.endpoint, event.state);
      break;
    case 'affinity':
      service.spec = without(spec, 'affinitySeconds', event.seconds);
      break;
    case 'ranges':
      service.spec = {
        ...spec,
        sourceRanges: event.ranges,
        sourceRangesPolicy: event.deny ? 'deny' : 'allow',
      };
      break;
    case 'algorithm':
      service.spec = without(spec, 'algorithm', event.algorithm);
      break;
    case 'policy':
      service.spec = { ...spec, extLocal: event.extLocal, intLocal: event.intLocal };
      break;
    case 'proxy': {
      const redirects = event.port === undefined ? undefined : [{ proxyPort: event.port }];
      service.spec = without(spec, 'proxyRedirects', redirects);
    }
  }
}

function without<K extends keyof ServiceSpec>(
  spec: Partial<ServiceSpec>,
  field: K,
  value: ServiceSpec[K] | undefined,
) {
  const { [field]: _, ...rest } = spec;
  return (value === undefined ? rest : { ...rest, [field]: value }) as Partial<ServiceSpec>;
}

function specOf(number: number, { places, endpoints, spec }: Service): ServiceSpec {
  const frontends = places
    .filter((place) => !(place in externalOf) || places.includes(externalOf[place]!))
    .map((place) => placeOf(place, number));
  const protocols = [...new Set(frontends.map(({ protocol }) => protocol))];
  const backends = [...endpoints].flatMap(([endpoint, state]) =>
    protocols.flatMap((protocol) =>
      [`192.0.2.${endpoint + 1}`, `2001:db8:2::${endpoint + 1}`].map(
        (address): Backend => ({ address, port: 8080, protocol, ...endpointFields(state) }),
      ),
    ),
  );
  return { name: nameOf(number), frontends, backends, ...spec };
}

function endpointFields(state: EndpointState): Partial<Backend> {
  switch (state) {
    case 'absent':
    case 'active':
      return {};
    case 'unhealthy':
      return { unhealthy: true };
    case 'on another node':
      return { node: 'other' };
    case 'in zone 1':
      return { zone: 1 };
    case 'of weight 300':
      return { weight: 300 };
    default:
      return { state };
  }
}

/** Internal scopes, and the place without which nobody finds them. */
const externalOf: Readonly<Record<number, number>> = { 3: 0, 4: 2 };

/**
 * The places that a service can have. Some are its own, some are those of others too (conflicts), some are a port of
 * another place's address (wildcards), and some are taken over: a node address and port from a NodePort or HostPort.
 */
function placeOf(place: number, service: number): FrontendSpec {
  const at = (address: string, port: number, type: FrontendType, scope?: Scope): FrontendSpec => ({
    address,
    port,
    protocol: place === 11 ? 'UDP' : 'TCP',
    type,
    ...(scope === undefined ? {} : { scope }),
  });
  const nodePort = 30080 + service;
  switch (place) {
    case 0:
      return at('198.51.100.1', 80 + service, 'LoadBalancer');
    case 1:
      return at(`198.51.100.${10 + service}`, 80, 'ClusterIP');
    case 2:
      return at('0.0.0.0', nodePort, 'NodePort');
    case 3:
      return at('198.51.100.1', 80 + service, 'LoadBalancer', 'internal');
    case 4:
      return at('0.0.0.0', nodePort, 'NodePort', 'internal');
    case 5:
      return at('2001:db8:1::1', 80 + service, 'LoadBalancer');
    case 6:
      return at('::', nodePort, 'NodePort');
    case 7:
      return at('198.51.100.2', 80, 'ExternalIP'); // every service may ask for it
    case 8:
      return at('203.0.113.1', nodePort, 'LoadBalancer'); // refused while it is a node address
    case 9:
      return at('0.0.0.0', 8000 + (service % 2), 'HostPort');
    case 10:
      return at('203.0.113.1', 8000, 'LoadBalancer'); // goes before what a HostPort expands to
    default:
      return at('198.51.100.1', 80 + service, 'LoadBalancer');
  }
}

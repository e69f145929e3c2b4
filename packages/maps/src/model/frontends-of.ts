import { familyOf } from './address.ts';
import type { Backend } from './backend.ts';
import type { Frontend } from './frontend.ts';
import { ServiceError } from './service-error.ts';
import type { FrontendSpec, ServiceSpec } from './service-spec.ts';

/**
 * The frontends of a service, each with the backends that it uses: those of its family and protocol, of its port name,
 * and only local ones where the traffic policy of its scope is Local. Frontends that use the same backends share one array.
 *
 * @param others services by name, for frontends that redirect to another service
 */
export function frontendsOf(service: ServiceSpec, others?: ReadonlyMap<string, ServiceSpec>): Frontend[] {
  const { name, frontends, backends, proxyRedirects, ...shared } = service;
  const sets = new Map<string, BackendChoice>();
  return frontends.map((spec, i) => {
    if (typeof spec === 'string') {
      const problem = 'is the short form, which parseServiceSpec() reads; pass what that returns';
      throw new ServiceError('LBX_SERVICE_FIELD', name, `frontends[${i}]`, spec, problem);
    }
    const { servicePort, portName: _, redirectTo, ...own } = spec;
    const provider = redirectTo === undefined ? service : others?.get(redirectTo);
    if (provider === undefined) {
      throw new ServiceError(
        'LBX_SERVICE_FIELD',
        name,
        `frontends[${i}].redirectTo`,
        redirectTo,
        'is no service given',
      );
    }
    const proxy = proxyRedirects?.find(
      ({ ports }) => !ports?.length || ports.includes(servicePort ?? spec.port),
    );
    const { backends, elsewhere } = selectBackends(provider, service, spec, sets);
    return {
      ...shared,
      ...own,
      service: name,
      backends,
      ...(elsewhere ? { endpointsElsewhere: true } : {}),
      ...(proxy === undefined ? {} : { proxyPort: proxy.proxyPort }),
      ...(redirectTo === undefined ? {} : { redirected: true }),
    };
  });
}

interface BackendChoice {
  readonly backends: readonly Backend[];
  /** None of them takes new flows, but one that a traffic policy left out does. */
  readonly elsewhere: boolean;
}

/** The backends of `provider` that a frontend of `service` uses; the same array for the same question. */
function selectBackends(
  provider: ServiceSpec,
  service: ServiceSpec,
  frontend: FrontendSpec,
  sets: Map<string, BackendChoice>,
): BackendChoice {
  const internal = frontend.scope === 'internal' || frontend.type === 'ClusterIP';
  // A HostPort belongs to a pod of this node; traffic policies are none of its business.
  const localOnly = frontend.type !== 'HostPort' && (internal ? service.intLocal : service.extLocal) === true;
  const family = familyOf(frontend.address);
  const { protocol, portName } = frontend;
  const key = `${provider.name} ${family} ${protocol} ${localOnly} ${portName ?? ''}`;
  let choice = sets.get(key);
  if (choice === undefined) {
    const all = provider.backends.filter(
      (backend) =>
        backend.protocol === protocol &&
        familyOf(backend.address) === family &&
        (portName === undefined || !backend.portNames?.length || backend.portNames.includes(portName)),
    );
    const backends = localOnly ? all.filter(({ node }) => node !== 'other') : all;
    choice = { backends, elsewhere: !backends.some(takesNewFlows) && all.some(takesNewFlows) };
    sets.set(key, choice);
  }
  return choice;
}

/** Alone in a set, the backend would be given new flows. */
function takesNewFlows({ state = 'active', unhealthy, standby }: Backend): boolean {
  return !unhealthy && !standby && (state === 'active' || state === 'terminating');
}

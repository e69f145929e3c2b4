import { familyOf } from './address.ts';
import type { Backend } from './backend.ts';
import type { Frontend, FrontendType, Scope } from './frontend.ts';
import { ServiceError } from './service-error.ts';
import type { FrontendSpec, ProxyRedirect, ServiceSpec } from './service-spec.ts';

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
    const proxy = redirectOf(proxyRedirects, servicePort ?? spec.port);
    const { backends, elsewhere } = selectBackends(provider, service, spec, sets);
    return {
      ...shared,
      ...own,
      service: name,
      backends,
      ...(elsewhere ? { endpointsElsewhere: true } : {}),
      ...(proxy === undefined ? {} : { proxyPort: proxy.proxyPort }),
      ...(proxyRedirects?.length && service.affinitySeconds !== undefined ? { besideProxy: true } : {}),
      ...(redirectTo === undefined ? {} : { redirected: true }),
    };
  });
}

/** Where traffic to a port is redirected: what names the port goes before what holds for all. */
function redirectOf(redirects: readonly ProxyRedirect[] = [], port: number): ProxyRedirect | undefined {
  return (
    redirects.find(({ ports }) => ports?.includes(port)) ?? redirects.find(({ ports }) => !ports?.length)
  );
}

/** Frontends with these types obey traffic policies. Others belong to a pod of this node, or lead to what is chosen for them. */
const withPolicies: readonly FrontendType[] = ['ClusterIP', 'NodePort', 'ExternalIP', 'LoadBalancer'];

/** Does a traffic policy leave a frontend the backends of this node only? */
function isLocalOnly(service: ServiceSpec, type: FrontendType, scope: Scope | undefined): boolean {
  if (!withPolicies.includes(type)) return false;
  const internal = scope === 'internal' || type === 'ClusterIP';
  return (internal ? service.intLocal : service.extLocal) === true;
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
  const localOnly = isLocalOnly(service, frontend.type, frontend.scope);
  const family = familyOf(frontend.address);
  const { protocol, portName } = frontend;
  const key = `${provider.name} ${family} ${protocol} ${localOnly} ${portName ?? ''}`;
  let choice = sets.get(key);
  if (choice === undefined) {
    const all = provider.backends.filter(
      (backend) =>
        backend.protocol === protocol &&
        familyOf(backend.address) === family &&
        (!portName || !backend.portNames?.length || backend.portNames.includes(portName)),
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

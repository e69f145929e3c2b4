import { familyOf, isUnspecified, readAddress } from './address.ts';
import { type Backend, type BackendState, backendStates } from './backend.ts';
import { checkBackend, checkFrontend } from './check-frontend.ts';
import { readEndpoint } from './endpoint-name.ts';
import { type FrontendType, frontendTypes, type Scope } from './frontend.ts';
import { frontendsOf } from './frontends-of.ts';
import { type Protocol, parseProtocol } from './protocol.ts';
import { type FieldReader, readFields } from './read-fields.ts';
import { ServiceError } from './service-error.ts';
import type { FrontendSpec, ProxyRedirect, ServiceSpec } from './service-spec.ts';

/** How a service is read. */
export interface ParseServiceOptions {
  /** Zone names to numbers; an unknown name is zone 0. */
  readonly zones?: Readonly<Record<string, number>>;
}

/**
 * Reads a service from plain data (JSON or YAML), names and ranges checked. Short forms are understood:
 * frontends `"198.51.100.1:80/TCP"` (a LoadBalancer; `0.0.0.0` and `::` a NodePort), backends `"192.0.2.10:8080"`
 * (of every protocol that the frontends have). Throws a ServiceError that names service and field.
 */
export function parseServiceSpec(value: unknown, options: ParseServiceOptions = {}): ServiceSpec {
  const service = readServiceSpec(value, options);
  service.backends.forEach((backend, i) => {
    const wrong = checkBackend(service.name, i, backend);
    if (wrong !== undefined) throw wrong;
  });
  const places = service.frontends.map(({ redirectTo: _, ...place }) => place);
  frontendsOf({ ...service, frontends: places, backends: [] }).forEach((frontend, i) => {
    const wrong = checkFrontend(frontend);
    if (wrong !== undefined)
      throw wrong.field in places[i]! ? wrong.at(`frontends[${i}].${wrong.field}`) : wrong;
  });
  return service;
}

const algorithms = { random: 'random', maglev: 'maglev' } as const;
const modes = { snat: 'snat', dsr: 'dsr' } as const;
const scopes: Readonly<Record<string, Scope>> = {
  external: 'external',
  internal: 'internal',
  0: 'external',
  1: 'internal',
};
const types: Readonly<Record<string, FrontendType>> = {
  ...Object.fromEntries(frontendTypes.map((type) => [type, type])),
  ExternalIPs: 'ExternalIP', // Cilium's spelling
};
const states: Readonly<Record<string, BackendState>> = Object.fromEntries(
  backendStates.map((state) => [state, state]),
);

/** Reads the shape of a service without checking addresses against each other or limits (see parseServiceSpec). */
export function readServiceSpec(value: unknown, options: ParseServiceOptions = {}): ServiceSpec {
  const given = typeof value === 'object' && value !== null ? (value as { name?: unknown }).name : undefined;
  const name = typeof given === 'string' ? given : '';
  const fields = readFields(name, '', value);
  if (!fields.text('name')) fields.fail('name', 'is no name; every service needs one');
  const frontends = (fields.list('frontends') ?? []).map((item, i) =>
    readFrontend(name, `frontends[${i}]`, item),
  );
  const protocols = new Set(frontends.map(({ protocol }) => protocol));
  const backends = (fields.list('backends') ?? []).flatMap((item, i) =>
    readBackend(name, `backends[${i}]`, item, protocols, options),
  );
  const spec = present<ServiceSpec>({
    name,
    frontends,
    backends,
    affinitySeconds: fields.count('affinitySeconds'),
    algorithm: fields.choice('algorithm', algorithms),
    forwarding: fields.choice('forwarding', modes) ?? fields.choice('forwardingMode', modes),
    extLocal: fields.flag('extLocal'),
    intLocal: fields.flag('intLocal'),
    sourceRanges: fields.texts('sourceRanges'),
    sourceRangesPolicy: fields.choice('sourceRangesPolicy', { allow: 'allow', deny: 'deny' }),
    proxyRedirects: fields
      .list('proxyRedirects')
      ?.map((item, i) => readRedirect(name, `proxyRedirects[${i}]`, item)),
    loopbackHostPort: fields.flag('loopbackHostPort'),
    natPolicy: fields.choice('natPolicy', { Nat46: 'Nat46', Nat64: 'Nat64' }),
    loadBalancerClass: fields.text('loadBalancerClass'),
    proxyDelegation: fields.choice('proxyDelegation', {
      none: 'none',
      'delegate-if-local': 'delegate-if-local',
    }),
  });
  fields.raw('forwardingMode');
  fields.done();
  return spec;
}

function readFrontend(service: string, path: string, value: unknown): FrontendSpec {
  if (typeof value === 'string') {
    const endpoint = readEndpoint(value);
    if (endpoint === undefined) {
      const problem = 'is no frontend; write "198.51.100.1:80/TCP" or "[2001:db8::1]:80/TCP"';
      throw new ServiceError('LBX_SERVICE_ADDRESS', service, path, value, problem);
    }
    const type = isUnspecified(endpoint.address) ? 'NodePort' : 'LoadBalancer';
    return { ...endpoint, protocol: endpoint.protocol ?? 'TCP', type };
  }
  const fields = readFields(service, path, value);
  const spec = present<FrontendSpec>({
    ...readPlace(service, path, fields),
    protocol: readProtocol(service, path, fields) ?? 'TCP',
    type: fields.choice('type', types) ?? 'LoadBalancer',
    scope: fields.choice('scope', scopes),
    servicePort: fields.count('servicePort'),
    portName: fields.text('portName'),
    redirectTo: fields.text('redirectTo'),
  });
  fields.done();
  return spec;
}

function readBackend(
  service: string,
  path: string,
  value: unknown,
  protocols: ReadonlySet<Protocol>,
  { zones }: ParseServiceOptions,
): Backend[] {
  const all = protocols.size === 0 ? (['TCP'] as const) : [...protocols];
  if (typeof value === 'string') {
    const endpoint = readEndpoint(value);
    if (endpoint === undefined || endpoint.scope !== undefined) {
      const problem =
        'is no backend; write "192.0.2.10:8080" or "[2001:db8::a]:8080", with "/UDP" for one protocol';
      throw new ServiceError('LBX_SERVICE_ADDRESS', service, path, value, problem);
    }
    return (endpoint.protocol === undefined ? all : [endpoint.protocol]).map((protocol) => ({
      ...endpoint,
      protocol,
    }));
  }
  const fields = readFields(service, path, value);
  const zone = fields.raw('zone');
  const backend = {
    ...readPlace(service, path, fields),
    state: fields.choice('state', states),
    weight: fields.count('weight'),
    zone: typeof zone === 'string' ? (zones?.[zone] ?? 0) : fields.count('zone'),
    node: fields.choice('node', { local: 'local', other: 'other' }),
    unhealthy: fields.flag('unhealthy'),
    standby: fields.flag('standby'),
    portNames: fields.texts('portNames'),
  };
  const protocol = readProtocol(service, path, fields);
  fields.done();
  return (protocol === undefined ? all : [protocol]).map((protocol) =>
    present<Backend>({ ...backend, protocol }),
  );
}

function readRedirect(service: string, path: string, value: unknown): ProxyRedirect {
  const fields = readFields(service, path, value);
  const redirect = present<ProxyRedirect>({
    proxyPort: fields.count('proxyPort') ?? fields.fail('proxyPort', 'is no port; use 1 to 65535'),
    ports: fields.counts('ports'),
  });
  fields.done();
  return redirect;
}

function readPlace(service: string, path: string, fields: FieldReader): { address: string; port: number } {
  const text = fields.text('address');
  const address = text === undefined ? undefined : readAddress(text);
  if (address === undefined) {
    const hint = text?.includes('.') && familyOf(text) === 6 ? '; write an IPv4-mapped address as IPv4' : '';
    throw new ServiceError(
      'LBX_SERVICE_ADDRESS',
      service,
      `${path}.address`,
      text,
      `is no IP address${hint}`,
    );
  }
  const port = fields.count('port');
  if (port === undefined)
    throw new ServiceError('LBX_SERVICE_PORT', service, `${path}.port`, port, 'is no port');
  return { address: address.text, port };
}

function readProtocol(service: string, path: string, fields: FieldReader): Protocol | undefined {
  const long = fields.text('protocol');
  const value = fields.text('proto') ?? long;
  return value === undefined ? undefined : parseProtocol(value, service, `${path}.protocol`);
}

/** Drops fields that are undefined: an absent field and one set to undefined are not the same type. */
function present<T extends object>(value: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}

import type { ResolvedOptions } from '../options/resolve-options.ts';
import { flowMapSizes } from './flow-tables.ts';

/** The sizes of maps that follow from options; `maxEntries` has the last word. Other maps have the size of their object. */
export function mapSizes(options: ResolvedOptions): Record<string, number> {
  const [from, to] = options.snatPorts;
  const ports = to - from + 1;
  const { endpoints } = options;
  // Both families share the ids, and those of endpoints that went are kept from others for hours.
  const ids = 2 * endpoints;
  // Slots of the endpoints, and a first one for each place of a frontend.
  const slots = Math.max(65_536, 2 * endpoints);
  return {
    lb4_services_v2: slots,
    lb6_services_v2: slots,
    lb4_backends_v3: endpoints,
    lb6_backends_v3: endpoints,
    lb_affinity_match: Math.max(65_536, endpoints),
    lbx_backend_meta: ids,
    lbx_backend_hops: ids,
    lbx_rev4: ports,
    lbx_rev6: ports,
    ...flowMapSizes(options),
    // An element for each id that there can be; one that no id has when nothing is counted.
    lbx_frontend_traffic: options.traffic ? 65_536 : 1,
    lbx_backend_traffic: options.traffic ? ids : 1,
    ...options.maxEntries,
  };
}

/** The option that gave a map its size, for messages: what a user would have to change. */
export function sizeOption(name: string, { maxEntries }: Pick<ResolvedOptions, 'maxEntries'>): string {
  if (maxEntries[name] !== undefined) return `maxEntries.${name}`;
  if (/^lbx_rev[46]$/.test(name)) return 'snatPorts';
  if (/^lbx_flow(_set)?[46]$/.test(name)) return 'flows';
  return sizedByEndpoints.has(name) ? 'endpoints' : `maxEntries.${name}`;
}

const sizedByEndpoints = new Set([
  ...['lb4_services_v2', 'lb6_services_v2', 'lb4_backends_v3', 'lb6_backends_v3', 'lb_affinity_match'],
  ...['lbx_backend_meta', 'lbx_backend_hops', 'lbx_backend_traffic'],
]);

import type { EndpointSliceObject } from '../objects/endpoint-slice-object.ts';
import type { ServiceObject } from '../objects/service-object.ts';

/** Why an object has no effect. Not an error: most are meant so. */
export type ExclusionReason =
  | 'service-proxy-name'
  | 'headless'
  | 'ExternalName'
  | 'no clusterIP'
  | 'headless label'
  | 'no service-name label'
  | 'addressType';

/** What decides whether a Service counts. */
type ServiceSigns = Pick<ServiceObject, 'otherProxy' | 'clusterIP' | 'type'>;

/** What decides whether an EndpointSlice counts. */
type SliceSigns = Pick<EndpointSliceObject, 'headless' | 'addressType' | 'serviceName'>;

/** Why kube-proxy would not look at this Service (its watch's selectors, then ShouldSkipService); undefined: it would. */
export function serviceExclusion(service: ServiceSigns): ExclusionReason | undefined {
  if (service.otherProxy) return 'service-proxy-name';
  if (service.clusterIP === 'None') return 'headless';
  if (service.type === 'ExternalName') return 'ExternalName';
  if (service.clusterIP === '') return 'no clusterIP';
  return undefined;
}

/**
 * Why kube-proxy would not look at this EndpointSlice. The two labels do not cross over: service-proxy-name on a slice
 * and headless on a Service mean nothing.
 */
export function sliceExclusion(slice: SliceSigns): ExclusionReason | undefined {
  if (slice.headless) return 'headless label';
  if (slice.addressType !== 'IPv4' && slice.addressType !== 'IPv6') return 'addressType';
  if (slice.serviceName === '') return 'no service-name label';
  return undefined;
}

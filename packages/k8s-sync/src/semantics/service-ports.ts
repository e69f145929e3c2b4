import type { Protocol } from '@lbx/maps';
import { type IpFamily, type IpPrefix, isUnspecified, readIpAddress } from '../objects/ip-address.ts';
import type { ServiceObject } from '../objects/service-object.ts';

/** One port of a Service in one family, with everything that decides what it is reachable at. */
export interface ServicePort {
  readonly namespace: string;
  readonly name: string;
  /** "" for the only port of a Service. */
  readonly portName: string;
  readonly protocol: Protocol;
  readonly family: IpFamily;
  readonly clusterIP: string;
  readonly port: number;
  /** 0: none. */
  readonly nodePort: number;
  readonly externalIPs: readonly string[];
  readonly loadBalancerVIPs: readonly string[];
  /** For the load balancer VIPs only; empty: no restriction. */
  readonly sourceRanges: readonly IpPrefix[];
  /** sessionAffinity ClientIP; absent: off. */
  readonly affinitySeconds?: number;
  readonly loadBalancerClass?: string;
  /** 0: none. */
  readonly healthCheckNodePort: number;
  readonly externalPolicyLocal: boolean;
  readonly internalPolicyLocal: boolean;
  /** Has a nodePort, an external IP or a load balancer VIP. */
  readonly externallyAccessible: boolean;
  readonly usesClusterEndpoints: boolean;
  readonly usesLocalEndpoints: boolean;
}

/**
 * The ports of a Service in one family, in the order of `spec.ports`; none if the Service has no cluster IP of the
 * family. As kube-proxy's pkg/proxy/serviceport.go and pkg/api/v1/service/util.go.
 */
export function servicePortsOf(service: ServiceObject, family: IpFamily): ServicePort[] {
  const clusterIP = clusterIPOf(service, family);
  if (clusterIP === undefined) return [];
  const externalIPs = textsOf(service.externalIPs, family);
  const loadBalancerVIPs = textsOf(service.ingressIPs, family);
  const balanced = service.type === 'LoadBalancer';
  // externalIPs turn the policy on whatever their family, and whether or not they can be read.
  const hasExternalPolicy = balanced || service.type === 'NodePort' || service.hasExternalIPs;
  const externalPolicyLocal = hasExternalPolicy && service.externalTrafficPolicy === 'Local';
  const internalPolicyLocal = service.internalTrafficPolicy === 'Local';
  const inFamily = service.sourceRanges.filter((range) => range.family === family);
  const sourceRanges = inFamily.some((range) => range.length === 0) ? [] : inFamily;
  const { affinitySeconds, loadBalancerClass } = service;
  return service.ports.map((port) => {
    const externallyAccessible = port.nodePort !== 0 || loadBalancerVIPs.length > 0 || externalIPs.length > 0;
    return {
      namespace: service.namespace,
      name: service.name,
      portName: port.name,
      protocol: port.protocol,
      family,
      clusterIP,
      port: port.port,
      nodePort: port.nodePort,
      externalIPs,
      loadBalancerVIPs,
      sourceRanges,
      healthCheckNodePort:
        balanced && service.externalTrafficPolicy === 'Local' ? service.healthCheckNodePort : 0,
      externalPolicyLocal,
      internalPolicyLocal,
      externallyAccessible,
      usesClusterEndpoints: !internalPolicyLocal || externallyAccessible,
      usesLocalEndpoints: internalPolicyLocal || (externalPolicyLocal && externallyAccessible),
      ...(affinitySeconds === undefined ? {} : { affinitySeconds }),
      ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    };
  });
}

/** The cluster IP of a family: by position in ipFamilies; without ipFamilies `clusterIP`, if it is of that family. */
function clusterIPOf(service: ServiceObject, family: IpFamily): string | undefined {
  const { ipFamilies, clusterIPs, clusterIP } = service;
  const text = ipFamilies.length === 0 ? clusterIP : clusterIPs[ipFamilies.indexOf(family)];
  const address = text === undefined ? undefined : readIpAddress(text);
  return address?.family === family && !isUnspecified(address) ? address.text : undefined;
}

function textsOf(addresses: ServiceObject['externalIPs'], family: IpFamily): string[] {
  return addresses.filter((address) => address.family === family).map((address) => address.text);
}

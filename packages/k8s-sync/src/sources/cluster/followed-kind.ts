import { headlessLabel } from '../../objects/endpoint-slice-object.ts';
import { proxyNameLabel } from '../../objects/service-object.ts';
import type { KubernetesKind } from '../source-event.ts';

/** A kind of object that is followed, and which of its objects. */
export interface FollowedKind {
  readonly kind: KubernetesKind;
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** More of a fieldSelector, which older servers do not know: they send more objects, all the same. */
  readonly wishedFieldSelector?: string;
}

/**
 * What kube-proxy asks for: Services of no other proxy and not headless, slices of no headless Service, the own Node;
 * and, for host ports, the Pods of the own node.
 */
export function followedKinds(nodeName: string, pods: boolean): FollowedKind[] {
  const kinds: FollowedKind[] = [
    {
      kind: 'Service',
      path: '/api/v1/services',
      labelSelector: `!${proxyNameLabel}`,
      wishedFieldSelector: 'spec.clusterIP!=None',
    },
    {
      kind: 'EndpointSlice',
      path: '/apis/discovery.k8s.io/v1/endpointslices',
      labelSelector: `!${headlessLabel}`,
    },
  ];
  if (nodeName !== '')
    kinds.push({ kind: 'Node', path: '/api/v1/nodes', fieldSelector: `metadata.name=${nodeName}` });
  if (pods) kinds.push({ kind: 'Pod', path: '/api/v1/pods', fieldSelector: `spec.nodeName=${nodeName}` });
  return kinds;
}

/** The selectors as parameters of a request. */
export function selectorQuery(followed: FollowedKind, withWished: boolean): Record<string, string> {
  const { labelSelector, fieldSelector, wishedFieldSelector } = followed;
  const fields = [fieldSelector, withWished ? wishedFieldSelector : undefined].filter(
    (selector) => selector !== undefined,
  );
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fields.length === 0 ? {} : { fieldSelector: fields.join(',') }),
  };
}

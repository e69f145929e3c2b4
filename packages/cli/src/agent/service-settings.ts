import type { HealthServersOptions, TranslatorOptions } from '@lbx/k8s-sync';
import type { MetricsOptions } from './metrics/agent-metrics.ts';
import type { AgentSettings } from './options/agent-options.ts';
import { bindPlaces } from './options/option-types/network.ts';

/** The settings as options of the translator. */
export function translatorOptions({
  nodeportAddresses,
  loadBalancerClass,
  externalIps,
}: AgentSettings): Pick<TranslatorOptions, 'nodePortAddresses' | 'loadBalancerClasses' | 'externalIPs'> {
  return {
    externalIPs: externalIps,
    ...(nodeportAddresses === undefined ? {} : { nodePortAddresses: nodeportAddresses }),
    ...(loadBalancerClass === undefined ? {} : { loadBalancerClasses: loadBalancerClass }),
  };
}

/** The settings as options of the metrics. */
export const metricsOptions = ({ metricsBindAddress, serviceMetrics }: AgentSettings): MetricsOptions => ({
  bind: bindPlaces(metricsBindAddress),
  services: serviceMetrics ?? 0,
});

/** The settings as options of the health servers. */
export const healthOptions = ({ healthzBindAddress, manifests }: AgentSettings): HealthServersOptions => ({
  bind: bindPlaces(healthzBindAddress),
  // Folders of manifests seldom have a Node.
  needsNode: manifests === undefined,
});

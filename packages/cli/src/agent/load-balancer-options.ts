import type { LoadBalancerOptions } from '@lbx/core';
import { type AgentSettings, optionKeys, optionOf } from './options/agent-options.ts';
import type { Settings } from './options/settings.ts';

/** The settings that are options of @lbx/core. What is not given is left to it. */
export function loadBalancerOptions(settings: Settings): LoadBalancerOptions {
  const given = optionKeys.flatMap((key) => {
    const { core } = optionOf(key);
    const { value, origin } = settings[key];
    return core === undefined || origin.from === 'default' ? [] : [[core, value] as const];
  });
  // The declarations pair names of @lbx/core with types of its values.
  return Object.fromEntries(given) as LoadBalancerOptions;
}

/** Those that follow from what metrics are asked for. */
export const impliedOptions = ({ serviceMetrics, traffic }: AgentSettings): LoadBalancerOptions => ({
  traffic: traffic || (serviceMetrics ?? 0) > 0,
});

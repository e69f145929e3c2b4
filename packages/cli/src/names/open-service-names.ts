import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { defaultPins } from '@lbx/core';
import type { AgentServices } from '../agent/state/agent-state.ts';
import { type AgentFlags, askAgent } from '../input/ask-agent.ts';
import { type ClusterFlags, clusterOf } from '../input/cluster-options.ts';
import { readDesired } from '../input/desired.ts';
import { followNames, type NameSource, noNames, type ServiceNames } from './service-names.ts';

/** Who knows names; the agent of these pins where nothing is said. */
export interface NameFlags extends AgentFlags, ClusterFlags {
  readonly pins?: string;
  readonly manifests?: string;
}

/** Names from the API server or the manifests that are named, else from the agent of this machine; without one there are none. */
export async function openServiceNames(flags: NameFlags): Promise<ServiceNames> {
  const named = flags.manifests !== undefined || clusterOf(flags) !== undefined;
  if (named) return followNames(desiredNames(flags));
  return followNames(agentNames(flags)).catch(() => noNames);
}

function desiredNames(flags: NameFlags): NameSource {
  const { manifests, node = hostname() } = flags;
  const from = manifests ?? clusterOf(flags)?.name ?? '';
  return {
    from,
    missMs: 30_000,
    async load() {
      // Read once, a source is used up.
      const cluster = clusterOf(flags);
      const { projection } = await readDesired(manifests === undefined ? [] : [manifests], {
        node,
        algorithm: 'random',
        maglevSize: 251,
        ...(cluster === undefined ? {} : { cluster }),
      });
      return new Map([...projection.frontends].map(([name, { frontend }]) => [name, frontend.service]));
    },
  };
}

function agentNames(flags: NameFlags): NameSource {
  return {
    from: `the agent at ${flags.agent}`,
    missMs: 2000,
    async load() {
      const { pins, services } = await askAgent<AgentServices>(flags, 'services');
      // An agent with other pins knows other services.
      const ours = pins !== undefined && resolve(pins) === resolve(flags.pins ?? defaultPins);
      return new Map(ours ? Object.entries(services) : []);
    },
  };
}

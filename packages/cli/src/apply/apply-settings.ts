import type { ProjectOptions } from '@lbx/maps';
import type { AgentSettings } from '../agent/options/agent-options.ts';
import type { Settings } from '../agent/options/settings.ts';
import type { StateOptions } from '../input/state.ts';

/** Flags of lbx apply's own. */
export interface ApplyFlags {
  readonly node?: string;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly json?: boolean;
}

/** They, and those that the agent has too. */
export type ApplySettings = ApplyFlags &
  Omit<AgentSettings, 'node' | 'pins'> & {
    readonly paths: readonly string[];
    readonly pins: string;
    readonly settings: Settings;
    readonly translator: NonNullable<StateOptions['translator']>;
  };

/** Was it said on the command line? */
export const isGiven = ({ settings }: Pick<ApplySettings, 'settings'>, key: keyof Settings): boolean =>
  settings[key].origin.from !== 'default';

/** What was said about services on the command line goes before what the maps show. */
export function givenOptions(flags: ApplySettings): ProjectOptions {
  return {
    ...(isGiven(flags, 'algorithm') ? { algorithm: flags.algorithm } : {}),
    ...(isGiven(flags, 'maglevSize') ? { maglevSize: flags.maglevSize } : {}),
    ...(isGiven(flags, 'wildcards') ? { wildcards: flags.wildcards } : {}),
    ...(isGiven(flags, 'forwarding') ? { forwarding: flags.forwarding } : {}),
    ...(flags.nodeAddress === undefined ? {} : { nodeAddresses: flags.nodeAddress }),
    ...(isGiven(flags, 'externalClusterIp') ? { externalClusterIP: flags.externalClusterIp } : {}),
  };
}

import type { AgentOption, SettingOf } from './agent-option.ts';
import { datapathOptions } from './datapath-options.ts';
import { outputOptions } from './output-options.ts';
import { serviceOptions } from './service-options.ts';
import { sourceOptions } from './source-options.ts';

/** The options by what they are about, for help and documentation. */
export const optionGroups = {
  'What to serve': sourceOptions,
  'What services mean': serviceOptions,
  Datapath: datapathOptions,
  'Logs and metrics': outputOptions,
} as const;

/** All options of the agent, by their keys in the file. */
export const agentOptions = {
  ...sourceOptions,
  ...serviceOptions,
  ...datapathOptions,
  ...outputOptions,
} satisfies Record<string, AgentOption>;

/** Key of an option. */
export type OptionKey = keyof typeof agentOptions;

export const optionKeys = Object.keys(agentOptions) as OptionKey[];

/** The declaration of one, whatever its value. */
export const optionOf = (key: OptionKey): AgentOption => agentOptions[key];

/** The values of all options, defaults filled in. */
export type AgentSettings = { readonly [K in OptionKey]: SettingOf<(typeof agentOptions)[K]> };

import { nearestName } from '@lbx/maps';
import { CliError } from '../../cli-error.ts';
import { type AgentSettings, type OptionKey, optionKeys, optionOf } from './agent-options.ts';
import type { ConfigFile } from './config-file.ts';
import { flagOf, variableOf, variablePrefix } from './option-names.ts';
import { BadValue } from './option-types/option-type.ts';

/** Where a value comes from; in this order, the first one that says something counts. */
export type Origin =
  | { readonly from: 'flag'; readonly flag: string }
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'file'; readonly file: string; readonly line: number }
  | { readonly from: 'default' };

/** One option as it is in force. */
interface Setting {
  /** As JSON and YAML have it; undefined: nothing fixed, but what the declaration's `otherwise` says. */
  readonly plain: unknown;
  readonly value: unknown;
  readonly origin: Origin;
}

/** All options as they are in force. */
export type Settings = Readonly<Record<OptionKey, Setting>>;

/** Where options are looked for. */
export interface SettingSources {
  /** Plain forms of the flags that were given. */
  readonly flags: Readonly<Partial<Record<OptionKey, unknown>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file?: ConfigFile;
}

/**
 * Flags before variables before the file before defaults.
 * @throws CliError `LBX_BAD_CONFIG` with everything that is wrong with the file and the variables.
 */
export function readSettings({ flags, environment, file }: SettingSources): Settings {
  const problems = [...(file?.problems ?? [])];
  const settingOf = (key: OptionKey): Setting => {
    const { type, fallback } = optionOf(key);
    const make = (plain: unknown, origin: Origin) => ({ plain, value: type.read(plain), origin });
    if (flags[key] !== undefined) return make(flags[key], { from: 'flag', flag: `--${flagOf(key)}` });
    for (const variable of [variableOf(key), ...(optionOf(key).variables ?? [])]) {
      const text = environment[variable];
      // Manifests cannot take a variable away, but they can empty it.
      if (text === undefined || text === '') continue;
      try {
        return make(type.fromText(text), { from: 'environment', variable });
      } catch (error) {
        if (!(error instanceof BadValue)) throw error;
        problems.push(`${variable}: ${error.message}`);
      }
    }
    const said = file?.settings.get(key);
    if (file !== undefined && said !== undefined)
      return make(said.plain, { from: 'file', file: file.file, line: said.line });
    if (fallback === undefined) return { plain: undefined, value: undefined, origin: { from: 'default' } };
    return make(fallback, { from: 'default' });
  };
  const settings = Object.fromEntries(optionKeys.map((key) => [key, settingOf(key)])) as Settings;
  if (problems.length > 0) throw new CliError('LBX_BAD_CONFIG', problems.join('\n'));
  return settings;
}

/** Only the values. */
export const valuesOf = (settings: Settings): AgentSettings =>
  Object.fromEntries(optionKeys.map((key) => [key, settings[key].value])) as unknown as AgentSettings;

/** In words: `--mtu`, `LBX_AGENT_MTU`, `agent.yaml:3`, `default`. */
export function originText(origin: Origin): string {
  switch (origin.from) {
    case 'flag':
      return origin.flag;
    case 'environment':
      return origin.variable;
    case 'file':
      return `${origin.file}:${origin.line}`;
    case 'default':
      return 'default';
  }
}

/** What a Service called lbx-agent puts into the environment of pods beside it. */
const ofServices = /^LBX_AGENT_(SERVICE_HOST|SERVICE_PORT.*|PORT|PORT_\d+_.*)$/;

/** Variables that look as if they were meant for the agent, and are not known. */
export function unknownVariables(environment: SettingSources['environment']): string[] {
  const known = optionKeys.map(variableOf).concat(`${variablePrefix}CONFIG`);
  return Object.keys(environment)
    .filter((name) => name.startsWith(variablePrefix) && !known.includes(name) && !ofServices.test(name))
    .sort()
    .map((name) => {
      const nearest = nearestName(name, known);
      return `the variable ${name} is not known${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
    });
}

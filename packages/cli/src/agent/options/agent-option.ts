import type { LoadBalancerOptions } from '@lbx/core';
import type { OptionType } from './option-types/option-type.ts';

/** One option of the agent, declared once: flag, variable, key of the file, schema, help and documentation follow from it. */
export interface AgentOption<T = unknown, Always extends boolean = boolean> {
  readonly type: OptionType<T>;
  /** One sentence, without a full stop. */
  readonly doc: string;
  /** In plain form; absent: nothing fixed holds, but what `otherwise` says. */
  readonly fallback?: unknown;
  /** What holds when it is not given, in words. */
  readonly otherwise?: string;
  /** Variables of the environment that are looked at after its own. */
  readonly variables?: readonly string[];
  /** It has this name among the options of @lbx/core, with the same value. */
  readonly core?: keyof LoadBalancerOptions;
  /** Keeps `Always` for `SettingOf`; there is no such member. */
  readonly always?: Always;
}

/** The value of an option, undefined where nothing has to be given and nothing is. */
export type SettingOf<O> =
  O extends AgentOption<infer T, infer Always> ? (Always extends true ? T : T | undefined) : never;

type More = Pick<AgentOption, 'variables'>;

/** An option with a fixed default. */
export const withDefault = <T>(
  type: OptionType<T>,
  fallback: unknown,
  doc: string,
  more: More = {},
): AgentOption<T, true> => ({ type, fallback, doc, ...more });

/** An option that need not be given: then `otherwise` holds. */
export const optional = <T>(
  type: OptionType<T>,
  otherwise: string,
  doc: string,
  more: More = {},
): AgentOption<T, false> => ({ type, otherwise, doc, ...more });

type CoreValue<N extends keyof LoadBalancerOptions> = NonNullable<LoadBalancerOptions[N]>;

/** An option of @lbx/core that has a fixed default there, which is repeated here (a test compares them). */
export const coreDefault = <N extends keyof LoadBalancerOptions>(
  core: N,
  type: OptionType<CoreValue<N>>,
  fallback: unknown,
  doc: string,
): AgentOption<CoreValue<N>, true> => ({ core, type, fallback, doc });

/** An option of @lbx/core without one. */
export const coreOption = <N extends keyof LoadBalancerOptions>(
  core: N,
  type: OptionType<CoreValue<N>>,
  otherwise: string,
  doc: string,
): AgentOption<CoreValue<N>, false> => ({ core, type, otherwise, doc });

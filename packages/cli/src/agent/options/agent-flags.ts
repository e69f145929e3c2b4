import { type Command, InvalidArgumentError, Option } from 'commander';
import { type OptionKey, optionGroups, optionKeys, optionOf } from './agent-options.ts';
import { defaultText } from './default-text.ts';
import { flagOf } from './option-names.ts';
import { BadValue, type OptionType } from './option-types/option-type.ts';

/** Adds a flag for each option of the agent, or of some groups of them; the help may be about some of them only. */
export function addAgentFlags(
  command: Command,
  groups: readonly (keyof typeof optionGroups)[] = Object.keys(optionGroups) as never,
  isShown: (key: OptionKey) => boolean = () => true,
): Command {
  for (const group of groups)
    for (const key of Object.keys(optionGroups[group]) as OptionKey[])
      for (const flag of flagsOf(key))
        command.addOption((isShown(key) ? flag : flag.hideHelp()).helpGroup(`${group}:`));
  return command;
}

/** Plain forms of the flags that a parsed command line has. */
export function givenFlags(command: Command): Partial<Record<OptionKey, unknown>> {
  const options = command.opts() as Record<string, unknown>;
  return Object.fromEntries(
    optionKeys.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  );
}

/** The flags of one option, with another description if that is given. */
export function flagsOf(key: OptionKey, description?: string): Option[] {
  const flags = allFlagsOf(key);
  if (description !== undefined && flags[0] !== undefined) flags[0].description = description;
  return flags;
}

function allFlagsOf(key: OptionKey): Option[] {
  const { type, doc, fallback, otherwise } = optionOf(key);
  const flag = flagOf(key);
  const positive =
    type.placeholder === ''
      ? `--${flag}`
      : `--${flag} <${type.placeholder}${type.shape === 'one' ? '' : '...'}>`;
  // Commander would show its own default, and count it as given.
  const made = new Option(positive, `${doc}${defaultText({ fallback, otherwise })}`);
  if (type.placeholder !== '') made.argParser((text: string, before: unknown) => parse(type, text, before));
  if (!type.canBeFalse) return [made];
  const negative = new Option(`--no-${flag}`, 'the opposite');
  // A switch that is on by itself is only ever switched off.
  if (type.placeholder === '' && fallback === true)
    return [made.hideHelp(), describe(negative, `do not ${doc}`)];
  return [made, negative.hideHelp()];
}

function describe(option: Option, description: string): Option {
  option.description = description;
  return option;
}

function parse(type: OptionType<unknown>, text: string, before: unknown): unknown {
  try {
    const plain = type.fromText(text);
    const all =
      type.shape === 'many' && Array.isArray(before)
        ? [...before, ...(plain as unknown[])]
        : type.shape === 'named' && typeof before === 'object'
          ? { ...before, ...(plain as object) }
          : plain;
    type.read(all);
    return all;
  } catch (error) {
    if (error instanceof BadValue) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

import type { TranslatorOptions } from '@lbx/k8s-sync';
import type { Command } from 'commander';
import { flagsOf, givenFlags } from '../agent/options/agent-flags.ts';
import type { OptionKey } from '../agent/options/agent-options.ts';
import { readSettings, valuesOf } from '../agent/options/settings.ts';
import { translatorOptions } from '../agent/service-settings.ts';

const keys = [
  'nodeportAddresses',
  'loadBalancerClass',
  'externalIps',
  'hostPorts',
] as const satisfies OptionKey[];

/** Adds the flags of the agent that say what Kubernetes objects mean: with others than it has, other services are wanted. */
export function addMeaningOptions(command: Command): Command {
  for (const key of keys)
    for (const flag of flagsOf(key))
      command.addOption(flag.helpGroup('What Kubernetes objects mean, as the agent has it:'));
  return command;
}

/** What was said by them. */
export function meaningOf(command: Command): Omit<TranslatorOptions, 'nodeName'> {
  const given = givenFlags(command);
  const flags = Object.fromEntries(keys.map((key) => [key, given[key]]));
  return translatorOptions(valuesOf(readSettings({ flags, environment: {} })));
}

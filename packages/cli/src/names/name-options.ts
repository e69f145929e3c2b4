import { type Command, Option } from 'commander';
import { agentOption } from '../input/ask-agent.ts';
import { addClusterOptions } from '../input/cluster-options.ts';

const group = 'Names of services (where nothing is said, the agent of this machine is asked):';

/** Adds the flags that say who knows the names of services. */
export function addNameOptions(command: Command): Command {
  command
    .addOption(agentOption().helpGroup(group))
    .addOption(
      new Option('--manifests <path>', 'take them from manifests or services of lbx').helpGroup(group),
    )
    .addOption(new Option('--node <name>', 'name of this node (default: its host name)').helpGroup(group));
  return addClusterOptions(command, group);
}

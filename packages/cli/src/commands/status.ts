import { resolve } from 'node:path';
import { defaultPins, inspectPins, measurePinnedMaps, readPinnedCounters } from '@lbx/core';
import { Command, Option } from 'commander';
import type { AgentState } from '../agent/state/agent-state.ts';
import { exitCode } from '../exit-codes.ts';
import { type AgentFlags, agentOption, askAgent } from '../input/ask-agent.ts';
import { pinsOfLayoutOption } from '../input/pins-options.ts';
import { layoutOption, parseUrl } from '../input/shared-options.ts';
import { type PinFlags, pinFolder, pinPlace, readPinnedState } from '../input/state.ts';
import { json } from '../output/output.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';
import { askHealth } from '../status/ask-health.ts';
import { ciliumStatus, type NodeStatus, nodeStatus } from '../status/node-status.ts';
import { statusLines } from '../status/status-lines.ts';

interface StatusFlags extends PinFlags, AgentFlags {
  readonly healthz: string;
  readonly json?: boolean;
}

/** `lbx status`: one screen on how the load balancer of this node is, read back from the kernel. */
export function statusCommand(context: CommandContext): Command {
  return new Command('status')
    .description('how the load balancer of this node is, on one screen')
    .addOption(pinsOfLayoutOption())
    .addOption(layoutOption())
    .addOption(agentOption())
    .addOption(
      new Option('--healthz <url>', "the agent's health check")
        .argParser(parseUrl)
        .default('http://127.0.0.1:10256/healthz'),
    )
    .option('--json', 'everything as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  lbx status\n  lbx status --layout cilium\n\nExit codes: 0 healthy, 1 not, or nothing is pinned there',
    )
    .action(async (flags: StatusFlags) => {
      assertRoot('status', 'reads maps of the kernel');
      const status = flags.layout === 'cilium' ? readCiliumStatus(flags) : await readStatus(flags);
      if (status === undefined) {
        const verdict = `not there: nothing of lbx is pinned in ${pinFolder(flags)}; start lbx agent, or name the folder with --pins`;
        context.exit(exitCode.negative);
        return context.out(flags.json ? json({ healthy: false, verdict }) : verdict);
      }
      if (!status.healthy) context.exit(exitCode.negative);
      context.out(flags.json ? json(status) : statusLines(status, Date.now()));
    });
}

/** Undefined where nothing is pinned. */
async function readStatus(flags: StatusFlags): Promise<NodeStatus | undefined> {
  const { pins = defaultPins, healthz } = flags;
  // measurePinnedMaps counts.
  const pinned = inspectPins(pins, { countEntries: false });
  if (pinned === undefined || pinned.maps.length + pinned.links.length === 0) return undefined;
  const { snapshot } = readPinnedState(flags, 'status');
  const [health, agent] = await Promise.all([askHealth(healthz, pinned.holder), askState(flags, pins)]);
  const [counters, maps] = [readPinnedCounters(pins), measurePinnedMaps(pinPlace(flags))];
  return nodeStatus({ pinned, counters, health, maps, snapshot, ...(agent === undefined ? {} : { agent }) });
}

function readCiliumStatus(flags: StatusFlags): NodeStatus {
  const { snapshot } = readPinnedState(flags, 'status');
  return ciliumStatus(pinFolder(flags), measurePinnedMaps(pinPlace(flags)), snapshot);
}

/** Another agent, with other pins, says nothing about these. */
async function askState(flags: AgentFlags, pins: string): Promise<AgentState | undefined> {
  const state = await askAgent<AgentState>(flags, 'state').catch(() => undefined);
  return state?.pins !== undefined && resolve(state.pins) === resolve(pins) ? state : undefined;
}

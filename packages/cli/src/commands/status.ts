import { inspectPins, readPinnedCounters } from '@lbx/core';
import { Command } from 'commander';
import { exitCode } from '../exit-codes.ts';
import { pinsOption } from '../input/pins-options.ts';
import { readPinnedState } from '../input/state.ts';
import { json } from '../output/output.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';
import { type AgentHealth, nodeStatus } from '../status/node-status.ts';
import { statusLines } from '../status/status-lines.ts';

interface StatusFlags {
  readonly pins: string;
  readonly healthz: string;
  readonly json?: boolean;
}

/** How long an agent on this machine may take to answer. */
const healthTimeoutMs = 2000;

/** `lbx status`: one screen on how the load balancer of this node is, read back from the kernel. */
export function statusCommand(context: CommandContext): Command {
  return new Command('status')
    .description('how the load balancer of this node is, on one screen')
    .addOption(pinsOption())
    .option('--healthz <url>', "the agent's health check", 'http://127.0.0.1:10256/healthz')
    .option('--json', 'everything as one JSON object')
    .addHelpText('after', '\nExit codes: 0 healthy, 1 not, or nothing is pinned there')
    .action(async ({ pins, healthz, json: asJson }: StatusFlags) => {
      assertRoot('status', 'reads maps of the kernel');
      const pinned = inspectPins(pins);
      if (pinned === undefined || pinned.maps.length + pinned.links.length === 0) {
        const verdict = `not there: nothing of lbx is pinned in ${pins}; start lbx agent, or name the folder with --pins`;
        context.exit(exitCode.negative);
        return context.out(asJson ? json({ healthy: false, verdict }) : verdict);
      }
      const { snapshot } = readPinnedState({ pins }, 'status');
      const status = nodeStatus(pinned, readPinnedCounters(pins), await askHealth(healthz), snapshot);
      if (!status.healthy) context.exit(exitCode.negative);
      context.out(asJson ? json(status) : statusLines(status));
    });
}

async function askHealth(url: string): Promise<AgentHealth> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(healthTimeoutMs) });
    return { url, code: answer.status };
  } catch {
    return { url };
  }
}

import { Command } from 'commander';
import { startAgent } from '../agent/agent.ts';
import { agentSource, assertSourceThere, requiredNode } from '../agent/agent-source.ts';
import { impliedOptions, loadBalancerOptions } from '../agent/load-balancer-options.ts';
import { createAgentLog } from '../agent/log/agent-log.ts';
import { addAgentFlags, givenFlags } from '../agent/options/agent-flags.ts';
import { configOption, readConfigOption } from '../agent/options/config-option.ts';
import { printSettings, settingsAsData } from '../agent/options/print-settings.ts';
import { readSettings, type Settings, unknownVariables, valuesOf } from '../agent/options/settings.ts';
import { healthOptions, metricsOptions, translatorOptions } from '../agent/service-settings.ts';
import { untilSignal } from '../agent/signals.ts';
import { json } from '../output/output.ts';
import { ownVersion } from '../own-version.ts';
import type { CommandContext } from '../run-cli.ts';

interface OwnFlags {
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly checkConfig?: boolean;
  readonly json?: boolean;
}

/** `lbx agent`: loads, attaches, follows the source; SIGTERM ends it and leaves the datapath in force. */
export function agentCommand(context: CommandContext): Command {
  const command = new Command('agent')
    .description('balance the services of a cluster (or of manifests) on this node')
    .addOption(configOption())
    .option('--print-config', 'show the options in force and where each comes from, and end')
    .option('--check-config', 'say whether the options are good, and end')
    .option('--json', 'the same as --log-format json; --print-config as JSON');
  return addAgentFlags(command).action(async (own: OwnFlags) => {
    const flags = givenFlags(command);
    if (own.json === true) flags.logFormat ??= 'json';
    const settings = readSettings({ flags, environment: process.env, ...readConfigOption(own.config) });
    if (own.printConfig === true)
      return context.out(own.json ? json(settingsAsData(settings), 2) : printSettings(settings));
    await run(context, settings, own.checkConfig === true);
  });
}

async function run(context: CommandContext, settings: Settings, checkOnly: boolean): Promise<void> {
  const values = valuesOf(settings);
  const node = requiredNode(values);
  const source = agentSource(values, node);
  if (checkOnly) {
    for (const message of unknownVariables(process.env)) context.err(`note: ${message}`);
    return context.out('the options are good');
  }
  const log = createAgentLog({ format: values.logFormat, level: values.logLevel, out: context.out });
  try {
    log.write({ event: 'starting', version: ownVersion(), node, source: source.name });
    for (const message of unknownVariables(process.env)) log.write({ event: 'notice', message });
    assertSourceThere(values);
    const agent = await startAgent({
      nodeName: node,
      source,
      loadBalancer: {
        ...loadBalancerOptions(settings),
        ...impliedOptions(values),
        onNotice: (message) => log.write({ event: 'notice', message }),
      },
      translator: translatorOptions(values),
      health: healthOptions(values),
      metrics: metricsOptions(values),
      onEvent: log.write,
    });
    log.write({ event: 'stopping', signal: await untilSignal() });
    await agent.close();
    log.write({ event: 'stopped', pinned: true });
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    // The message for people goes to stderr in any case.
    if (values.logFormat === 'json') log.write({ event: 'failed', code: String(code), message });
    throw error;
  } finally {
    log.close();
  }
}

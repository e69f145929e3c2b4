import { removePinned } from '@lbx/core';
import { Command } from 'commander';
import { pinsOption } from '../input/pins-options.ts';
import { json } from '../output/output.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';

/** `lbx cleanup`: the end of a datapath that an agent left in force. */
export function cleanupCommand(context: CommandContext): Command {
  return new Command('cleanup')
    .description('detach the programs and remove the maps that lbx pinned')
    .addOption(pinsOption())
    .option('--force', 'also while an agent runs on them')
    .option('--json', 'what was removed, as JSON')
    .action((options: { pins: string; force?: boolean; json?: boolean }) => {
      assertRoot('cleanup');
      const removed = removePinned(options.pins, { force: options.force === true });
      if (options.json) return context.out(json(removed));
      if (removed.links.length + removed.maps.length === 0)
        return context.out(`nothing of lbx is pinned in ${options.pins}`);
      context.out(`detached: ${removed.links.join(', ') || 'nothing'}`);
      context.out(`removed ${removed.maps.length} pins in ${options.pins}`);
    });
}

import { setTimeout as wait } from 'node:timers/promises';
import { openPinnedTraffic } from '@lbx/core';
import { Command, InvalidArgumentError, Option } from 'commander';
import { pinsOption } from '../input/pins-options.ts';
import { json, table } from '../output/output.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';
import { type Rates, ratesBetween } from '../top/rates.ts';

interface TopFlags {
  readonly pins: string;
  readonly interval: number;
  readonly iterations?: number;
  readonly once?: boolean;
  readonly json?: boolean;
}

/** Rows that fit a terminal of 24 lines. */
const rows = 20;

/** `lbx top`: what each service carries, the busiest first, again and again. */
export function topCommand(context: CommandContext): Command {
  return new Command('top')
    .description('packets and bytes of each service by the second, the busiest first')
    .addOption(pinsOption())
    .addOption(new Option('--interval <seconds>', 'between two readings').argParser(parseSeconds).default(2))
    .addOption(new Option('--iterations <n>', 'end after so many').argParser(parseSeconds))
    .option('--once', 'the same as --iterations 1')
    .option('--json', 'each time one line of JSON')
    .action(async (flags: TopFlags) => {
      assertRoot('top', 'reads maps of the kernel');
      const stop = new AbortController();
      const end = () => stop.abort();
      process.once('SIGINT', end);
      process.stdout.once('error', end);
      try {
        await show(flags, stop.signal, context);
      } finally {
        process.off('SIGINT', end);
        process.stdout.off('error', end);
      }
    });
}

async function show(
  { pins, interval, iterations, once, json: asJson }: TopFlags,
  stop: AbortSignal,
  context: CommandContext,
) {
  using reader = openPinnedTraffic(pins);
  const times = once ? 1 : (iterations ?? Number.POSITIVE_INFINITY);
  let [before, beganMs] = [reader.read(), performance.now()];
  for (let time = 0; time < times; time++) {
    const ended = await wait(interval * 1000, false, { signal: stop }).catch(() => true);
    if (ended) return;
    const [after, nowMs] = [reader.read(), performance.now()];
    const rates = ratesBetween(before, after, (nowMs - beganMs) / 1000);
    [before, beganMs] = [after, nowMs];
    // At a terminal each reading takes the place of the one before.
    // Not by `out`, which shows what would steer a terminal.
    if (process.stdout.isTTY && times > 1 && !asJson) process.stdout.write('\u001b[H\u001b[J');
    context.out(asJson ? json(rates) : topLines(rates));
  }
}

/** At most 80 columns. */
function topLines({ services, newFlows, drops, seconds }: Rates): string {
  const more = services.length - rows;
  return [
    `${services.length} busy services, ${perSecond(newFlows)} new flows/s, ${perSecond(drops)} drops/s (over ${seconds.toFixed(1)} s)`,
    table(
      ['frontend', 'packets/s', 'Mbit/s'],
      services
        .slice(0, rows)
        .map(({ frontend, packets, bytes }) => [
          frontend,
          perSecond(packets),
          ((8 * bytes) / 1e6).toFixed(2),
        ]),
    ),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join('\n');
}

const perSecond = (rate: number) => rate.toFixed(rate < 10 ? 1 : 0);

function parseSeconds(text: string): number {
  const number = Number(text);
  if (number > 0 && number < 86_400) return number;
  throw new InvalidArgumentError('say a number above 0');
}

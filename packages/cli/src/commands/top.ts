import { setTimeout as wait } from 'node:timers/promises';
import { openPinnedTraffic, type PinnedTraffic, type PinnedTrafficReader } from '@lbx/core';
import { Command, Option } from 'commander';
import { pinsOption } from '../input/pins-options.ts';
import { parseCount, parseSeconds } from '../input/shared-options.ts';
import { assertPinned } from '../input/state.ts';
import { addNameOptions } from '../names/name-options.ts';
import { type NameFlags, openServiceNames } from '../names/open-service-names.ts';
import { json } from '../output/output.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';
import { startWatching } from '../stop-signal.ts';
import { rateLines } from '../top/rate-lines.ts';
import { type Rates, ratesBetween, type Sorting, type Subject, sortings, subjects } from '../top/rates.ts';
import { openScreen } from '../top/screen.ts';

interface TopFlags extends NameFlags {
  readonly pins: string;
  readonly by: Subject;
  readonly sort: Sorting;
  readonly interval: number;
  readonly iterations?: number;
  readonly once?: boolean;
  readonly json?: boolean;
}

/** Where it is no terminal that says how many lines there are. */
const usualRows = 20;
/** Lines beside rows: the sums, the head, those that are left out, and how to end it. */
const otherLines = 4;

/** `lbx top`: what each service carries, the busiest first, again and again. */
export function topCommand(context: CommandContext): Command {
  const command = new Command('top')
    .description('packets and bytes of each service by the second, the busiest first')
    .addOption(pinsOption())
    .addOption(new Option('--by <what>', 'what each row is').choices(subjects).default('frontend'))
    .addOption(
      new Option('--sort <by>', 'order of the rows; in and out: packets of that way')
        .choices(sortings)
        .default('packets'),
    )
    .addOption(new Option('--interval <seconds>', 'between two readings').argParser(parseSeconds).default(2))
    .addOption(new Option('--iterations <n>', 'end after so many').argParser(parseCount))
    .option('--once', 'the same as --iterations 1')
    .option('--json', 'each time one line of JSON');
  return addNameOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  lbx top --by service --sort out\n  lbx top --once --interval 10 --json\n\nCounts what packet programs translate, when the agent runs with --traffic; what sockets were connected to is no packet here.',
    )
    .action(async (flags: TopFlags) => {
      assertRoot('top', 'reads maps of the kernel');
      assertPinned(flags.pins, 'top');
      const times = flags.once ? 1 : (flags.iterations ?? Number.POSITIVE_INFINITY);
      using watching = startWatching();
      using reader = openPinnedTraffic(flags.pins);
      // Where nothing counts, that is said before the terminal is taken.
      const readings = ratesOf(reader, reader.read(), flags, times, watching.signal);
      const isLive = process.stdout.isTTY && times > 1 && !flags.json;
      if (isLive) return await showLive(readings, flags, context);
      for await (const rates of readings)
        for (const line of flags.json ? [json(rates)] : rateLines(rates, usualRows)) context.out(line);
    });
}

/** Rates, one after the other. */
async function* ratesOf(
  reader: PinnedTrafficReader,
  first: PinnedTraffic,
  flags: TopFlags,
  times: number,
  signal: AbortSignal,
): AsyncGenerator<Rates, void> {
  let [before, beganMs] = [first, performance.now()];
  const { serviceOf } = await openServiceNames(flags);
  for (let time = 0; time < times; time++) {
    const ended = await wait(flags.interval * 1000, false, { signal }).catch(() => true);
    if (ended) return;
    const [after, nowMs] = [reader.read(), performance.now()];
    yield ratesBetween(before, after, (nowMs - beganMs) / 1000, { ...flags, serviceOf });
    [before, beganMs] = [after, nowMs];
  }
}

/** Each reading in place of the one before; the last one stays when it is over. */
async function showLive(readings: AsyncIterable<Rates>, { interval }: TopFlags, context: CommandContext) {
  let last: Rates | undefined;
  {
    using screen = openScreen(process.stdout, () => draw());
    const draw = () =>
      screen.show(
        last === undefined
          ? [`reading for ${interval} s …`]
          : [...rateLines(last, Math.max(1, screen.rows - otherLines)), 'Ctrl-C ends'],
      );
    draw();
    for await (const rates of readings) {
      last = rates;
      draw();
    }
  }
  if (last !== undefined) for (const line of rateLines(last, usualRows)) context.out(line);
}

import {
  type DatapathEvents,
  defaultPins,
  type EventKind,
  eventKinds,
  eventReasons,
  openPinnedEvents,
} from '@lbx/core';
import type { ReasonName } from '@lbx/maps';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseNumber } from '../input/shared-options.ts';
import { openDeviceNames } from '../monitor/device-names.ts';
import { eventLine } from '../monitor/event-line.ts';
import { json } from '../output/output.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';

interface MonitorFlags {
  readonly pins: string;
  readonly reason?: readonly ReasonName[];
  readonly kind?: readonly EventKind[];
  readonly address?: string;
  readonly sample: number;
  readonly count?: number;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** `lbx monitor`: packets that the datapath has something to say about, as they come. */
export function monitorCommand(context: CommandContext): Command {
  return new Command('monitor')
    .description('show dropped packets, new flows and what else is unusual, as it happens')
    .option('--pins <dir>', 'folder of the pins', defaultPins)
    .addOption(
      new Option('--reason <name...>', 'only these reasons, such as drop_no_backend').argParser(
        collectReasons,
      ),
    )
    .addOption(
      new Option(
        '--kind <names>',
        `only these kinds: ${eventKinds.join(', ')}, separated by commas`,
      ).argParser(parseKinds),
    )
    .option('--address <address>', 'only packets from or to this address or network')
    .addOption(
      new Option('--sample <n>', 'one packet in n of each reason, on each CPU')
        .argParser(parseCount)
        .default(1),
    )
    .addOption(new Option('--count <n>', 'end after n events').argParser(parseCount))
    .option('--verbose', 'each reason in a sentence')
    .option('--json', 'events as JSON lines')
    .addHelpText(
      'after',
      `\nReasons: ${[...eventReasons.keys()].join(', ')}\n\nCtrl-C ends it; nothing stays switched on.`,
    )
    .action(async (flags: MonitorFlags) => {
      assertRoot('monitor', 'switches events on in the kernel');
      const { pins, reason, kind, address, sample } = flags;
      const stop = new AbortController();
      const end = () => stop.abort();
      // Whoever reads may go away: lbx monitor | head.
      process.stdout.once('error', end);
      for (const signal of endSignals) process.once(signal, end);
      try {
        using events = openPinnedEvents({
          pins,
          sample,
          signal: stop.signal,
          ...(reason === undefined ? {} : { reasons: reason }),
          ...(kind === undefined ? {} : { kinds: kind }),
          ...(address === undefined ? {} : { address }),
        });
        context.err(`listening to what is pinned in ${pins}`);
        await show(events, flags, context);
      } finally {
        process.stdout.off('error', end);
        for (const signal of endSignals) process.off(signal, end);
      }
    });
}

const endSignals = ['SIGINT', 'SIGTERM'] as const;
const lostEachMs = 1000;

async function show(
  events: DatapathEvents,
  { count = Number.POSITIVE_INFINITY, json: asJson, verbose = false }: MonitorFlags,
  context: CommandContext,
): Promise<void> {
  using devices = openDeviceNames();
  let told = 0;
  const tellLost = () => {
    const { lost } = events;
    if (lost > told)
      context.err(`${lost - told} events lost: they came faster than they could be shown (--sample)`);
    told = lost;
  };
  const timer = setInterval(tellLost, lostEachMs);
  let shown = 0;
  try {
    for await (const event of events) {
      const device = devices.nameOf(event.ifindex);
      context.out(
        asJson
          ? json({ ...event, ...(device === undefined ? {} : { device }) })
          : eventLine(event, { deviceName: devices.nameOf, verbose }),
      );
      if (++shown >= count) break;
    }
  } finally {
    clearInterval(timer);
    tellLost();
  }
}

function collectReasons(name: string, before: readonly string[] | undefined): readonly string[] {
  if (eventReasons.has(name as ReasonName)) return [...(before ?? []), name];
  throw new InvalidArgumentError('there is no such reason to listen to; `lbx monitor --help` names them');
}

function parseKinds(text: string): readonly string[] {
  const kinds = text.split(',');
  const wrong = kinds.find((kind) => !(eventKinds as readonly string[]).includes(kind));
  if (wrong === undefined) return kinds;
  throw new InvalidArgumentError(`'${wrong}' is none; there are: ${eventKinds.join(', ')}`);
}

function parseCount(text: string): number {
  const number = parseNumber(text);
  if (number > 0) return number;
  throw new InvalidArgumentError('say a whole number from 1 on');
}

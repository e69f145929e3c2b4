import { type EventKind, eventKinds, eventReasons, openPinnedEvents } from '@lbx/core';
import { nearestName, type ReasonName, readAddress } from '@lbx/maps';
import { Command, InvalidArgumentError, Option } from 'commander';
import { pinsOption } from '../input/pins-options.ts';
import { networkText, type Place, parsePlace } from '../input/place.ts';
import { parseCount, parseSeconds } from '../input/shared-options.ts';
import { assertPinned } from '../input/state.ts';
import { assertKnownServices } from '../monitor/assert-known-services.ts';
import { type EventFilter, eventFilter } from '../monitor/event-filter.ts';
import { watchEvents } from '../monitor/watch-events.ts';
import { addNameOptions } from '../names/name-options.ts';
import { type NameFlags, openServiceNames } from '../names/open-service-names.ts';
import type { ServiceNames } from '../names/service-names.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';
import { startWatching } from '../stop-signal.ts';

interface MonitorFlags extends NameFlags, Pick<EventFilter, 'client' | 'from' | 'to'> {
  readonly pins: string;
  readonly reason?: readonly ReasonName[];
  readonly kind?: readonly EventKind[];
  readonly address?: Place;
  readonly service?: readonly string[];
  readonly backend?: readonly Place[];
  readonly proto?: readonly string[];
  readonly sample: number;
  readonly count?: number;
  readonly for?: number;
  readonly summary?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

const inKernel = 'Obeyed in the kernel (a flood of other packets does not matter):';
const inProcess = 'Obeyed by this command (what it cannot read in time is counted as lost):';
/** More room between kernel and process where most of what comes is not wanted. */
const filteredRingBytes = 8 << 20;

/** `lbx monitor`: packets that the datapath has something to say about, as they come. */
export function monitorCommand(context: CommandContext): Command {
  const command = new Command('monitor')
    .description('show dropped packets, new flows and what else is unusual, as it happens')
    .addOption(pinsOption())
    .addOption(new Option('--count <n>', 'end after n events').argParser(parseCount))
    .addOption(new Option('--for <seconds>', 'end after so long').argParser(parseSeconds))
    .option('--summary', 'only sums, at the end: by reason, with services, clients and what to do')
    .option('--verbose', 'each reason in a sentence')
    .option('--json', 'events as JSON lines; with --summary one object')
    .addOption(
      new Option('--reason <name...>', 'only these reasons, such as drop_no_backend')
        .argParser(collectReasons)
        .helpGroup(inKernel),
    )
    .addOption(
      new Option('--kind <names>', `only these kinds: ${eventKinds.join(', ')}, separated by commas`)
        .argParser(parseKinds)
        .helpGroup(inKernel),
    )
    .addOption(
      new Option('--address <address>', 'only packets from or to this address or network')
        .argParser(parseNetwork)
        .helpGroup(inKernel),
    )
    .addOption(
      new Option('--sample <n>', 'one packet in n of each reason, on each CPU')
        .argParser(parseCount)
        .default(1)
        .helpGroup(inKernel),
    )
    .addOption(
      new Option(
        '--service <service...>',
        'only these services: a name (shop/web), an address, or a frontend (198.51.100.1:80)',
      ).helpGroup(inKernel),
    )
    .addOption(
      new Option('--backend <place...>', 'only these backends: ADDRESS, NETWORK or ADDRESS:PORT')
        .argParser(collectPlaces)
        .helpGroup(inProcess),
    )
    .addOption(
      new Option(
        '--client <place>',
        'only flows of this client: ADDRESS, NETWORK or ADDRESS:PORT (the address in the kernel)',
      )
        .argParser(parsePlace)
        .helpGroup(inProcess),
    )
    .addOption(
      new Option('--proto <names>', `only these protocols: ${protocols.join(', ')}, separated by commas`)
        .argParser(parseProtocols)
        .helpGroup(inProcess),
    )
    .addOption(
      new Option('--from <place>', 'with --to and --proto: one flow, as for lbx explain')
        .argParser(parsePlace)
        .helpGroup(inProcess),
    )
    .addOption(
      new Option('--to <place>', 'where the client connects to').argParser(parsePlace).helpGroup(inProcess),
    );
  return addNameOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  lbx monitor --kind drop,reject                    what is dropped, packet by packet
  lbx monitor --kind drop,reject --summary --for 10     the same in sums, with what to do
  lbx monitor --service shop/web --client 203.0.113.0/24    one service, one network of clients
  lbx monitor --kind new --json --count 100         for scripts

Reasons: ${[...eventReasons.keys()].join(', ')}

Ctrl-C ends it; nothing stays switched on. Packets never wait for it.`,
    )
    .action(async (flags: MonitorFlags) => {
      assertRoot('monitor', 'switches events on in the kernel');
      assertPinned(flags.pins, 'monitor');
      using watching = startWatching();
      const names = await openServiceNames(flags);
      assertKnownServices(flags, names);
      const filter = filterOf(flags);
      using events = openPinnedEvents({ ...kernelFilter(flags, names), signal: watching.signal });
      watching.endAfter(flags.for);
      context.err(`listening to what is pinned in ${flags.pins}`);
      await watchEvents(events, { ...flags, isWanted: eventFilter(filter, names), names }, context);
    });
}

/** What the programs obey; older ones tell of every service, so that this command looks at what comes in any case. */
function kernelFilter(
  flags: MonitorFlags,
  { frontendsOf }: Pick<ServiceNames, 'frontendsOf'>,
): Parameters<typeof openPinnedEvents>[0] {
  const { pins, sample, reason, kind, service } = flags;
  const network = flags.address ?? flags.client ?? flags.from;
  const isFiltered = Object.keys(filterOf(flags)).length > 0;
  return {
    pins,
    sample,
    ...(reason === undefined ? {} : { reasons: reason }),
    ...(kind === undefined ? {} : { kinds: kind }),
    ...(network === undefined ? {} : { address: networkText(network) }),
    ...(service === undefined
      ? {}
      : {
          services: () =>
            service.flatMap((one) => (one.includes(':') || readAddress(one) ? one : frontendsOf(one))),
        }),
    ...(isFiltered ? { ringBytes: filteredRingBytes } : {}),
  };
}

function filterOf({ service, backend, client, proto, from, to }: MonitorFlags): EventFilter {
  return {
    ...(service === undefined ? {} : { services: service }),
    ...(backend === undefined ? {} : { backends: backend }),
    ...(client === undefined ? {} : { client }),
    ...(proto === undefined ? {} : { protocols: proto }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

const protocols = ['tcp', 'udp', 'sctp', 'icmp'];

function collectReasons(name: string, before: readonly string[] | undefined): readonly string[] {
  if (eventReasons.has(name as ReasonName)) return [...(before ?? []), name];
  const near = nearestName(name, [...eventReasons.keys()]);
  throw new InvalidArgumentError(
    `there is no such reason to listen to${near === undefined ? '' : ` (did you mean ${near}?)`}; \`lbx help monitor\` names them`,
  );
}

const parseKinds = (text: string) => listed(text, eventKinds);
const parseProtocols = (text: string) => listed(text.toLowerCase(), protocols);

function listed(text: string, all: readonly string[]): readonly string[] {
  const names = text.split(',');
  const wrong = names.find((name) => !all.includes(name));
  if (wrong === undefined) return names;
  throw new InvalidArgumentError(`'${wrong}' is none; there are: ${all.join(', ')}`);
}

function parseNetwork(text: string): Place {
  const place = parsePlace(text);
  if (place.port === undefined) return place;
  throw new InvalidArgumentError(
    'say an address or a network; a port goes with --client, --from, --to or --backend',
  );
}

const collectPlaces = (text: string, before: readonly Place[] = []): readonly Place[] => [
  ...before,
  parsePlace(text),
];

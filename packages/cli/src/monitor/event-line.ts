import type { DatapathEvent, EventEndpoint } from '@lbx/core';
import { hostPort } from '@lbx/maps';
import { colors } from '../output/colors.ts';

export interface LineOptions {
  /** Name of a device by its number; undefined for one that is gone. */
  readonly deviceName: (ifindex: number) => string | undefined;
  /** Name of the service of a frontend, where somebody knows it. */
  readonly serviceOf?: (frontend: string) => string | undefined;
  /** The reason in a sentence behind it. */
  readonly verbose?: boolean;
}

const paint: Readonly<Record<DatapathEvent['kind'], (text: string) => string>> = {
  new: colors.green,
  note: colors.cyan,
  pass: colors.yellow,
  drop: colors.red,
  reject: colors.red,
};

/**
 * One event in one line: time, reason, the packet as it was on the wire, where it was seen, and what of it is ours.
 *
 *     10:15:02.123  drop_source_range  TCP 203.0.113.5:40001 → 198.51.100.1:80 [syn] 74 B  xdp eth0  service 198.51.100.1:80/TCP
 */
export function eventLine(
  event: DatapathEvent,
  { deviceName, serviceOf = () => undefined, verbose = false }: LineOptions,
): string {
  const device = deviceName(event.ifindex) ?? `device ${event.ifindex}`;
  const parts = [
    clock(event.time),
    paint[event.kind](event.kind === 'reject' ? `${event.reason} (rejected)` : event.reason),
    packet(event),
    `${event.hook} ${device}`,
    ...ours(event, serviceOf),
    ...(event.oneIn > 1 ? [`1 of ${event.oneIn}`] : []),
    ...(verbose ? [`(${event.doc})`] : []),
  ];
  return parts.join('  ');
}

/** Local time of day, to the millisecond. */
function clock(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const seconds = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  return `${seconds}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

function packet({ protocol, source, destination, tcpFlags, length }: DatapathEvent): string {
  const flags = tcpFlags.length > 0 ? [`[${tcpFlags.join(',')}]`] : [];
  const ends =
    source && destination ? [protocol, text(source), '→', text(destination), ...flags] : ['no IP packet'];
  return [...ends, `${length} B`].join(' ');
}

const text = ({ address, port }: EventEndpoint) => (port === undefined ? address : hostPort(address, port));

function ours(
  { service, backend }: DatapathEvent,
  serviceOf: (frontend: string) => string | undefined,
): string[] {
  const name = service === undefined ? undefined : serviceOf(service);
  const known = [
    ...(service === undefined ? [] : [`service ${name === undefined ? service : `${name} ${service}`}`]),
    ...(backend === undefined ? [] : [`backend ${backend}`]),
  ];
  return known.length > 0 ? [known.join(', ')] : [];
}

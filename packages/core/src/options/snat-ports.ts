import { readFileSync } from 'node:fs';

/** First and last port, both included. */
export type PortRange = readonly [number, number];

/** Below lie the ports of well-known daemons. */
const lowest = 10_000;
const highest = 65_535;

/** The ports that the kernel gives to outgoing connections of this network namespace. */
export function ephemeralPorts(
  read = () => readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'),
): PortRange {
  const [from = 32_768, to = 60_999] = read().trim().split(/\s+/).map(Number);
  return [from, to];
}

export const overlaps = (a: PortRange, b: PortRange): boolean => a[0] <= b[1] && b[0] <= a[1];

/**
 * The widest range above 10000 that meets none of `taken`. A SNAT port must be neither a NodePort (a request could not
 * be told from a reply) nor an ephemeral port of the node: its own connection to the same backend could have it too.
 * With the usual settings: 10000 to 29999.
 */
export function defaultSnatPorts(taken: readonly PortRange[]): PortRange {
  const edges = [lowest, ...taken.map(([, to]) => to + 1)].filter(
    (from) => from >= lowest && from <= highest,
  );
  const free = edges.map((from): PortRange => {
    const ends = taken.filter(([start]) => start >= from).map(([start]) => start - 1);
    return taken.some((range) => overlaps(range, [from, from]))
      ? [from, from - 1]
      : [from, Math.min(highest, ...ends)];
  });
  return free.reduce((best, range) => (range[1] - range[0] > best[1] - best[0] ? range : best));
}

import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';

type Range = readonly [number, number];

export interface PortFacts {
  /** net.ipv4.ip_local_port_range. */
  readonly ephemeral: Range;
  /** net.ipv4.ip_local_reserved_ports. */
  readonly reserved: readonly Range[];
  readonly nodePorts: Range;
  readonly snatPorts?: Range;
}

export const portsCheck = defineCheck<PortFacts>({
  id: 'ports',
  group: 'network settings',
  tries:
    'compares net.ipv4.ip_local_port_range with the NodePorts and with --snat-ports, but for what is reserved',
  matters: 'a connection of the node itself may take a port that lbx translates with, or a NodePort',
  remedy: 'sysctl -w net.ipv4.ip_local_reserved_ports=30000-32767, or --snat-ports elsewhere',
  needsRoot: false,
  probe({ options, read }) {
    const [from = 32_768, to = 60_999] = (read('/proc/sys/net/ipv4/ip_local_port_range') ?? '')
      .split(/\s+/)
      .filter(Boolean)
      .map(Number);
    return {
      ephemeral: [from, to],
      reserved: parseRanges(read('/proc/sys/net/ipv4/ip_local_reserved_ports') ?? ''),
      nodePorts: options.nodePortRange,
      ...(options.snatPorts === undefined ? {} : { snatPorts: options.snatPorts }),
    };
  },
  judge({ ephemeral, reserved, nodePorts, snatPorts }) {
    const verdicts: Verdict[] = [];
    const meets = (range: Range) =>
      overlap(range, ephemeral) && !reserved.some((one) => covers(one, intersection(range, ephemeral)));
    const remedy = (range: Range) =>
      `sysctl -w net.ipv4.ip_local_reserved_ports=${[...reserved, range].map((one) => one.join('-')).join(',')}`;
    if (meets(nodePorts)) {
      verdicts.push({
        status: 'warn',
        about: 'NodePorts',
        found: `NodePorts ${nodePorts.join('-')} meet the ports that the node's own connections get (${ephemeral.join('-')})`,
        remedy: remedy(nodePorts),
      });
    }
    if (snatPorts !== undefined && overlap(snatPorts, nodePorts)) {
      verdicts.push({
        status: 'fail',
        about: 'SNAT',
        found: `--snat-ports ${snatPorts.join('-')} meet the NodePorts ${nodePorts.join('-')}: a reply cannot be told from a request`,
        remedy: 'leave --snat-ports to lbx, or choose others',
      });
    }
    if (snatPorts !== undefined && meets(snatPorts)) {
      verdicts.push({
        status: 'warn',
        about: 'SNAT',
        found: `--snat-ports ${snatPorts.join('-')} meet the ports that the node's own connections get (${ephemeral.join('-')})`,
        remedy: remedy(snatPorts),
      });
    }
    if (verdicts.length > 0) return verdicts;
    return [
      {
        status: 'ok',
        found: `own connections ${ephemeral.join('-')}, NodePorts ${nodePorts.join('-')}${snatPorts === undefined ? '' : `, SNAT ${snatPorts.join('-')}`}`,
      },
    ];
  },
});

const overlap = (a: Range, b: Range) => a[0] <= b[1] && b[0] <= a[1];
const intersection = (a: Range, b: Range): Range => [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
const covers = (a: Range, b: Range) => a[0] <= b[0] && b[1] <= a[1];

/** "8080,30000-32767". */
const parseRanges = (text: string): Range[] =>
  text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => part.split('-').map(Number))
    .map(([from = 0, to = from]) => [from, to]);

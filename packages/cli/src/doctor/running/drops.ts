import { type Counters, readPinnedCounters } from '@lbx/core';
import { type ReasonName, reasons } from '@lbx/maps';
import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';

/** Drops that mean a fault of the node's, and what to do. Others are what services and clients ask for. */
const faults: Readonly<Partial<Record<ReasonName, string>>> = {
  drop_missed_tail_call: 'start lbx agent again: the tail call tables were not kept pinned',
  drop_no_snat_address: 'give the device an address, or --snat-address',
  drop_snat_ports_used_up: 'a wider --snat-ports',
  drop_flow_table: 'a larger --flows',
  drop_no_route: 'ip route: a route to the pods of other nodes is missing',
  drop_no_neighbour: 'a node that does not answer ARP or neighbour discovery? ip neigh',
  drop_forwarding_disabled: 'sysctl -w net.ipv4.conf.DEVICE.forwarding=1',
  drop_backend_missing: 'see the check derived-state; restart the agent',
  drop_contended: 'lbx monitor --reason drop_contended',
};

const docs = new Map(reasons.map(({ name, doc }) => [name, doc]));
/** One packet in a hundred. */
const many = 0.01;

export const dropsCheck = defineCheck<{ readonly counters: Counters }>({
  id: 'drops',
  group: 'what is pinned',
  tries: 'reads the packet counters since the maps were made',
  matters: 'packets that were dropped for a reason that is the node’s own',
  remedy: 'lbx monitor --kind drop shows them as they come; the finding names the remedy for each reason',
  needsRoot: true,
  skips: ({ pinned }) =>
    pinned?.maps.some(({ name }) => name === 'lbx_counters') ? undefined : 'no packet programs are pinned',
  probe: ({ options }) => ({ counters: readPinnedCounters(options.pins) }),
  judge({ counters }) {
    const all = Object.entries(counters) as [ReasonName, { readonly packets: number }][];
    const fates = all.filter(([name]) => !name.startsWith('note_'));
    const total = fates.reduce((sum, [, { packets }]) => sum + packets, 0);
    const verdicts = fates.flatMap(([about, { packets }]): Verdict[] => {
      const remedy = faults[about];
      if (!about.startsWith('drop_') || (remedy === undefined && packets < many * total)) return [];
      return [
        {
          status: remedy !== undefined && packets >= many * total ? 'warn' : 'note',
          about,
          found: `${packets} of ${total} packets: ${docs.get(about)}`,
          remedy: remedy ?? `lbx monitor --reason ${about}`,
        },
      ];
    });
    return verdicts.length > 0
      ? verdicts
      : [{ status: 'ok', found: `nothing unusual among ${total} packets` }];
  },
});

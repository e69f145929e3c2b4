import { Algorithm, Scope } from '../layouts/names.ts';
import type { ServiceValue } from '../layouts/service.ts';
import { familyOf } from '../model/address.ts';
import type { Frontend } from '../model/frontend.ts';
import { protocolNumbers } from '../model/protocol.ts';
import type { BackendEntries } from './backend-entries.ts';
import type { BoundSet } from './bound-set.ts';
import { type Entry, mapsOf } from './entry.ts';
import type { MaglevTables } from './maglev-tables.ts';
import type { ResolvedOptions } from './options.ts';
import { serviceFlags, usesMaglev, wildcardFlags } from './service-flags.ts';
import { SlotEntries, type SlotEntry } from './slot-entries.ts';
import { sourceRangeEntries } from './source-ranges.ts';

/** Everything that one address:port/protocol and scope puts into the maps. */
export interface FrontendEntries {
  /** "198.51.100.1:80/TCP", "/i" behind it for the internal scope. */
  readonly name: string;
  readonly revNatId: number;
  readonly frontend: Frontend;
  /** Slot 0: what makes the frontend answer. */
  readonly master: Entry;
  /** Slots 1 to n; the first `count` of the master are the active ones. */
  readonly slots: SlotEntries;
  /** Reverse NAT, affinity match, source ranges, Maglev table: entries of this frontend alone, keyed by its id. */
  readonly others: readonly Entry[];
  /** Entries of its backends; other frontends may have the same. */
  readonly backends: BackendEntries;
  /** Entry for all other ports of its address; other frontends of the address may have one too. */
  readonly wildcard?: Entry;
}

/** Where an entry of a frontend goes: NodePorts have one for 0.0.0.0 (the surrogate) and one per node address. */
export interface Placement {
  readonly name: string;
  readonly address: string;
  readonly surrogate: boolean;
  readonly revNatId: number;
}

/** Makes the entries of a frontend at one place. */
export function frontendEntries(
  frontend: Frontend,
  { name, address, surrogate, revNatId }: Placement,
  bound: BoundSet,
  tables: MaglevTables,
  options: ResolvedOptions,
): FrontendEntries {
  const family = familyOf(address);
  const maps = mapsOf[family];
  const { members, count, ids } = bound;
  const { flags, flags2 } = serviceFlags(frontend, surrogate, options);
  const { port: dport } = frontend;
  const proto = protocolNumbers[frontend.protocol];
  const scope = Scope[frontend.scope ?? 'external'];
  const service = (backendSlot: number, value: ServiceValue): Entry => ({
    op: 'set',
    map: maps.services,
    key: { address, dport, backendSlot, proto, scope },
    value,
    frontend: name,
  });

  const tail = { count, revNatIndex: revNatId, flags, flags2, qcount: ids.length - count };
  const master = service(0, { ...firstWord(frontend, options), ...tail });
  const slot = { backendId: ids[0] ?? 0, count: 0, revNatIndex: revNatId, flags, flags2, qcount: 0 };
  const slots = new SlotEntries(service(1, slot) as SlotEntry, ids);

  const others: Entry[] = [
    {
      op: 'set',
      map: maps.reverseNat,
      key: { revNatId },
      value: { address, port: frontend.port },
      frontend: name,
    },
  ];
  if (frontend.affinitySeconds !== undefined) {
    members.forEach((backend, i) => {
      if ((backend.state ?? 'active') !== 'active' || backend.standby) return;
      others.push({
        op: 'set',
        map: 'lb_affinity_match',
        key: { backendId: ids[i]!, revNatId },
        value: {},
        frontend: name,
      });
    });
  }
  if (frontend.sourceRanges !== undefined) {
    others.push(...sourceRangeEntries(frontend.sourceRanges, family, revNatId, name));
  }
  if (count > 0 && usesMaglev(frontend, surrogate, options)) {
    const value = tables.tableOf(members.slice(0, count), ids);
    others.push({ op: 'set', map: maps.maglev, key: { revNatId }, value, frontend: name });
  }

  const wildcard = wildcardFlags(frontend, address, options);
  return {
    name,
    revNatId,
    frontend,
    master,
    slots,
    others,
    backends: bound.entries,
    ...(wildcard === undefined ? {} : { wildcard: wildcardEntry(address, wildcard) }),
  };
}

/** First word of slot 0: affinity and algorithm, unless a proxy port takes their place. */
function firstWord(
  { proxyPort, affinitySeconds, algorithm }: Frontend,
  { perServiceAlgorithm }: ResolvedOptions,
) {
  if (proxyPort !== undefined) return { l7LbProxyPort: proxyPort };
  const own = perServiceAlgorithm ? algorithm : undefined;
  return { affinityTimeout: { seconds: affinitySeconds ?? 0, algorithm: Algorithm[own ?? 'default'] } };
}

/** Entry that catches the ports of an address that have no service. */
function wildcardEntry(address: string, flags: number): Entry {
  return {
    op: 'set',
    map: mapsOf[familyOf(address)].services,
    key: { address, dport: 0, backendSlot: 0, proto: 0, scope: Scope.external },
    value: {
      affinityTimeout: { seconds: 0, algorithm: 0 },
      count: 0,
      revNatIndex: 0,
      flags,
      flags2: 0,
      qcount: 0,
    },
  };
}

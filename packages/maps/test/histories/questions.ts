import type { MapKey } from '../../src/catalog.ts';
import type { Flow } from '../../src/explain/explanation.ts';
import { familyOf, isUnspecified } from '../../src/model/address.ts';
import { type Protocol, protocolName } from '../../src/model/protocol.ts';
import type { Projection } from '../../src/project/projection.ts';
import { nodeAddresses } from './event.ts';

/** A flow whose first packet, or `connect()`, is looked up again and again while the maps change. */
export interface Question {
  /** Tells questions apart, and says in an error what was asked. */
  readonly text: string;
  readonly flow: Flow;
  /** The question whose service answers this one too, once its own is gone: sockets find NodePorts by address 0. */
  readonly fallback?: string;
}

/** Inside of two, of one, of another and of no source range that the histories use. */
const clients = {
  4: ['203.0.113.70', '203.0.113.100', '198.51.100.200', '192.0.2.200'],
  6: ['2001:db8:5::1', '2001:db8:6::1'],
} as const;

/** A port that no service has: what the wildcard entry of an address catches. */
const NO_PORT = 9;

/** Clients that a frontend knows from before, where it has session affinity. */
export const knownClients: readonly string[] = [clients[4][0], clients[4][3]];

const known = new Map<string, readonly Question[]>();

/**
 * All that is asked about the frontends of two projections: packets of several clients, a socket of the node, and the
 * same at a port that is no service. Of a NodePort all node addresses are asked for, those that left the node too.
 */
export function questionsOf(projections: readonly Projection[]): Question[] {
  const places = new Set<string>();
  for (const { frontends } of projections) {
    for (const { master } of frontends.values()) {
      const { address, dport, proto } = master.key as MapKey<'lb4_services_v2'>;
      const protocol = protocolName(proto);
      const family = familyOf(address);
      const addresses = isUnspecified(address)
        ? [family === 4 ? '127.0.0.1' : '::1', ...nodeAddresses.filter((node) => familyOf(node) === family)]
        : [address];
      for (const one of addresses) {
        places.add(`${one} ${dport} ${protocol}`);
        places.add(`${one} ${NO_PORT} ${protocol}`);
      }
    }
  }
  return [...places].flatMap((place) => {
    let questions = known.get(place);
    if (questions === undefined) {
      questions = questionsAt(place);
      known.set(place, questions);
    }
    return questions;
  });
}

function questionsAt(place: string): readonly Question[] {
  const [address, portText, protocol] = place.split(' ') as [string, string, Protocol];
  const to = { address, port: Number(portText) };
  const family = familyOf(address);
  const loopback = address === '127.0.0.1' || address === '::1';
  const packets = loopback || family === undefined ? [] : clients[family];
  const asked = packets.map((client, i): Question => {
    const from = { address: client, port: 40_000 + i };
    return { text: `a packet from ${client} to ${place}`, flow: { from, to, protocol, hook: 'xdp' } };
  });
  const socket = { address: family === 4 ? '192.0.2.200' : '2001:db8:6::1', port: 50_000 };
  const any = family === 4 ? '127.0.0.1' : '::1';
  const connect: Question = {
    text: `a socket to ${place}`,
    flow: { from: socket, to, protocol, hook: 'connect' },
    ...(nodeAddresses.some((node) => node === address)
      ? { fallback: `a socket to ${any} ${portText} ${protocol}` }
      : {}),
  };
  return [...asked, connect];
}

import type { AskRoute, Family, RouteAnswer } from '@lbx/maps';
import { familyOf, macs, mtus, places } from './place.ts';

/** What may be otherwise for a while. */
export interface Network {
  /** Backends whose link address the kernel has forgotten. */
  readonly forgotten: Set<string>;
  /** Families that the node does not forward. */
  readonly stopped: Set<Family>;
}

/** What the kernel of the node says: `bpf_fib_lookup()` in words. */
export function askRoute({ forgotten, stopped }: Network): AskRoute {
  return (_from, to) => {
    if (stopped.has(familyOf(to))) return { kind: 'forwarding-disabled' };
    const answer = answerOf(to);
    return answer.kind === 'ok' && forgotten.has(answer.nextHop)
      ? { kind: 'no-neighbour', device: 'eth0' }
      : answer;
  };
}

function answerOf(to: string): RouteAnswer {
  const family = familyOf(to);
  const { node, router, backends, far } = places[family];
  const zone = family === 4 ? zoneOf4(to) : zoneOf6(to);
  switch (zone) {
    case 'client':
      return {
        kind: 'ok',
        device: 'eth0',
        nextHop: router,
        dmac: macs.router,
        smac: macs.node,
        mtu: mtus.client,
      };
    case 'refused':
      return { kind: 'refused' };
    case 'pods':
      return to === far
        ? { kind: 'ok', device: 'pods', nextHop: to, dmac: macs.far, smac: macs.pods, mtu: mtus.far }
        : { kind: 'no-neighbour', device: 'pods' };
    case 'link': {
      if (to === node) return { kind: 'local' };
      const n = backends.indexOf(to);
      const dmac = to === router ? macs.router : n < 0 ? undefined : macs.backend(n);
      if (dmac === undefined) return { kind: 'no-neighbour', device: 'eth0' };
      const mtu = n === 0 ? mtus.firstBackend : mtus.device;
      return { kind: 'ok', device: 'eth0', nextHop: to, dmac, smac: macs.node, mtu };
    }
    default:
      return { kind: 'local' };
  }
}

type Zone = 'client' | 'refused' | 'pods' | 'link' | 'nowhere';

function zoneOf4(address: string): Zone {
  const at = address.lastIndexOf('.');
  const last = Number(address.slice(at + 1));
  switch (address.slice(0, at)) {
    case '203.0.113':
      return last >= 240 ? 'refused' : 'client';
    case '198.51.100':
      return last >= 128 ? 'pods' : 'nowhere';
    case '192.0.2':
      // The broadcast address is the node's as well.
      return last === 255 ? 'nowhere' : 'link';
    default:
      return 'nowhere';
  }
}

function zoneOf6(address: string): Zone {
  const [a, b, c, d] = wordsOf(address);
  if (a !== 0x2001 || b !== 0xdb8) return 'nowhere';
  if (c === 3) return d === 0xf ? 'refused' : 'client';
  if (d !== 0) return 'nowhere';
  // The anycast address of the routers on the link is the node's as well.
  if (c === 2) return address === '2001:db8:2::' ? 'nowhere' : 'link';
  return c === 4 ? 'pods' : 'nowhere';
}

function wordsOf(address: string): number[] {
  const [head = '', tail] = address.split('::') as [string, string?];
  const words = (part: string) =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const front = words(head);
  if (tail === undefined) return front;
  const back = words(tail);
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
}

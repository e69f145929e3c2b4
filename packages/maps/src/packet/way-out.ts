import type { ReasonName } from '../flow/reasons.ts';
import type { Link, Way } from './flow-state.ts';
import type { RouteAnswer } from './routes.ts';
import type { End, Run } from './run.ts';

/** The source address of packets to remote backends. */
export function snatAddress({ packet: { family }, settings }: Run): string | undefined {
  return family === 4 ? settings.snatAddress4 : settings.snatAddress6;
}

const unspecified = { 4: '0.0.0.0', 6: '::' } as const;

/** The way to a remote backend: the next hop, or why there is none; `here` when it turns out to be on this node. */
export function wayToBackend(run: Run, address: string): Way | 'here' | ReasonName {
  const answer = ask(run, snatAddress(run) ?? unspecified[run.packet.family], address);
  switch (answer) {
    case 'local':
      // Without metadata, routes decide what is on this node.
      return run.settings.derived ? 'drop_no_route' : 'here';
    case 'other-device':
      return run.settings.derived ? 'drop_other_device' : 'here';
    case 'no-neighbour':
      return 'drop_no_neighbour';
    default:
      return answer;
  }
}

/** The way to a client; where the kernel has none, the link address that the request came from. */
export function wayToClient(run: Run, from: string, client: string, link: Link): Way | ReasonName {
  const answer = ask(run, from, client);
  switch (answer) {
    case 'local':
    case 'no-neighbour':
      run.notes.push('note_neighbour_learned');
      return remember(run, client, link);
    case 'other-device':
      return 'drop_other_device';
    default:
      return answer;
  }
}

/** XDP sends by the device that the packet came in by, tc by any. */
function reaches({ hook, device }: Run, other: string): boolean {
  return hook !== 'xdp' || other === device;
}

function ask(run: Run, from: string, to: string) {
  const answer: RouteAnswer = run.askRoute(from, to);
  switch (answer.kind) {
    case 'ok':
      return reaches(run, answer.device) ? remember(run, answer.nextHop, answer) : 'other-device';
    case 'no-neighbour':
      return reaches(run, answer.device) ? 'no-neighbour' : 'other-device';
    case 'refused':
      return 'drop_no_route';
    case 'forwarding-disabled':
      return 'drop_forwarding_disabled';
    case 'local':
      return 'local';
  }
}

/** The same link stays the same object: those who were told of it need not ask again. */
function remember({ flows }: Run, nextHop: string, { device, dmac, smac }: Link): Way {
  const key = `${device} ${nextHop}`;
  const known = flows.links.get(key);
  const link = known?.dmac === dmac && known.smac === smac ? known : { device, dmac, smac };
  flows.links.set(key, link);
  return { key, link };
}

/** Is a flow's way still the same, and one that this hook can send by? */
export function hasWay(run: Run, way: Way | undefined): way is Way {
  return way !== undefined && run.flows.links.get(way.key) === way.link && reaches(run, way.link.device);
}

/** Sent by this node: back out of the device, or (tc) out of any. */
export function sentBy({ hook }: Run): End['verdict'] {
  return hook === 'xdp' ? 'tx' : 'redirect';
}

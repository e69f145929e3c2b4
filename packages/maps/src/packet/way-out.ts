import type { ReasonName } from '../flow/reasons.ts';
import { isStale } from './clock.ts';
import type { FlowBackend, Link, RemoteReply, Way } from './flow-state.ts';
import type { Run } from './run.ts';

/** The source address of packets to remote backends. */
export function snatAddress({ packet: { family }, settings }: Run): string | undefined {
  return family === 4 ? settings.snatAddress4 : settings.snatAddress6;
}

const unspecified = { 4: '0.0.0.0', 6: '::' } as const;

/**
 * The way to a remote backend, or why there is none; `here` when it turns out to be on this node: without metadata,
 * what is not reached by the device that the packet came by counts as that.
 */
export function wayToBackend(run: Run, backend: FlowBackend): Way | 'here' | ReasonName {
  const { derived } = run.settings;
  const answer = knownWay(run, backend) ?? askForBackend(run, backend);
  switch (answer) {
    case 'local':
      return derived ? 'drop_no_route' : 'here';
    case 'other-device':
      return derived ? leaveOr(run, 'drop_other_device') : 'here';
    case 'no-neighbour':
      return leaveOr(run, 'drop_no_neighbour');
  }
  if (typeof answer === 'string') return answer;
  return derived || answer.device === run.device ? answer : 'here';
}

/** What the kernel said within the last second is not asked again. */
function knownWay(run: Run, { id, address }: FlowBackend): Way | undefined {
  const known = run.flows.backendWays.get(id);
  if (known?.address !== address || isStale(known, run.clock)) return undefined;
  return hasWay(run, known.way) ? known.way : undefined;
}

function askForBackend(run: Run, { id, address }: FlowBackend): Answer {
  const answer = ask(run, snatAddress(run) ?? unspecified[run.packet.family], address);
  if (typeof answer !== 'string')
    run.flows.backendWays.set(id, { address, way: answer, checked: run.clock.now });
  return answer;
}

/**
 * The way to a client. Where the kernel has none, or no link address: the one that the request came from, if it came by
 * this device.
 */
export function wayToClient(
  run: Run,
  { service, client, clientDevice, clientMac }: RemoteReply,
): Way | ReasonName {
  const answer = ask(run, service.address, client.address);
  const cameHere = clientDevice === run.device;
  if (typeof answer !== 'string' && (answer.link || !cameHere || answer.device !== run.device)) return answer;
  switch (answer) {
    case 'other-device':
      return leaveOr(run, 'drop_other_device');
    case 'no-neighbour':
      if (!cameHere) return leaveOr(run, 'drop_no_neighbour');
      break;
    case 'local':
      if (!cameHere) return 'drop_no_route';
      break;
    case 'drop_no_route':
    case 'drop_forwarding_disabled':
      return answer;
  }
  run.notes.push('note_neighbour_learned');
  // Our own link address is in the frame.
  return remember(run, client.address, { device: run.device, dmac: clientMac, smac: run.packet.link.dst });
}

/** XDP leaves to tc what it cannot send itself, if tc comes after it. */
export function leaveOr(run: Run, reason: ReasonName): ReasonName {
  return leavesToTc(run) ? 'note_other_device' : reason;
}

function leavesToTc({ hook, settings }: Run): boolean {
  return hook === 'xdp' && settings.tcBehind;
}

/** XDP sends by the device that the packet came in by, tc by any. */
function reaches({ hook, device }: Run, other: string): boolean {
  return hook !== 'xdp' || other === device;
}

type Answer = Way | 'local' | 'other-device' | 'no-neighbour' | 'drop_no_route' | 'drop_forwarding_disabled';

function ask(run: Run, from: string, to: string): Answer {
  const answer = run.askRoute(from, to);
  switch (answer.kind) {
    case 'ok':
      return reaches(run, answer.device) ? remember(run, answer.nextHop, answer) : 'other-device';
    case 'no-neighbour':
      if (!reaches(run, answer.device)) return 'other-device';
      // tc can have the kernel find the link address.
      return run.hook === 'xdp' ? 'no-neighbour' : { device: answer.device };
    case 'refused':
      return 'drop_no_route';
    case 'forwarding-disabled':
      return 'drop_forwarding_disabled';
    case 'local':
      return 'local';
  }
}

/** The same link stays the same object: those who were told of it need not ask again. */
function remember({ flows }: Run, nextHop: string, { device, dmac, smac, mtu }: Link): Way {
  const key = `${device} ${nextHop} ${mtu}`;
  const known = flows.links.get(key);
  const link = known?.dmac === dmac && known.smac === smac ? known : { device, dmac, smac, mtu };
  flows.links.set(key, link);
  return { device, key, link };
}

/** Is a flow's way still as it was told? */
function isCurrent({ flows }: Run, way: Way | undefined): way is Way {
  return way?.key !== undefined && flows.links.get(way.key) === way.link;
}

/** … and one that this hook can send by? */
export function hasWay(run: Run, way: Way | undefined): way is Way {
  return isCurrent(run, way) && reaches(run, way.device);
}

/** … or by a device that only tc can send by, which comes after this hook? */
export function isForTc(run: Run, way: Way | undefined): boolean {
  return leavesToTc(run) && isCurrent(run, way) && !reaches(run, way.device);
}

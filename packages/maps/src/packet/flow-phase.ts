import { FlowFlag } from '../flow/flow4.ts';
import { IpProto } from '../layouts/names.ts';
import type { Clock } from './clock.ts';
import type { FlowHalf } from './flow-state.ts';
import { TcpBit } from './packet.ts';
import type { PacketSettings } from './settings.ts';

/** What is known of a flow after a packet from one side. */
export function flagsAfter(flags: number, side: 'request' | 'reply', tcpFlags: number): number {
  let after = flags;
  if (side === 'reply') after |= FlowFlag.replied;
  // The client answers an answer: nobody who forges a source address can.
  else if (flags & FlowFlag.replied && !(tcpFlags & TcpBit.syn)) after |= FlowFlag.confirmed;
  if (tcpFlags & TcpBit.fin) after |= side === 'reply' ? FlowFlag.finReply : FlowFlag.finRequest;
  if (tcpFlags & TcpBit.rst) after |= FlowFlag.reset;
  return after;
}

/** How packets of a flow get to the backend. */
export function kindOf({ flags }: Pick<FlowHalf, 'flags'>): 'local' | 'dsr' | 'snat' {
  if (flags & FlowFlag.local) return 'local';
  return flags & FlowFlag.dsr ? 'dsr' : 'snat';
}

/** One side has said that it is done, or the backend is gone. */
export function isClosing(flags: number): boolean {
  return (flags & (FlowFlag.finRequest | FlowFlag.finReply | FlowFlag.reset)) !== 0;
}

/** Answered, and the client's next packet will confirm it. */
export function isUnconfirmed(flags: number): boolean {
  return (flags & (FlowFlag.replied | FlowFlag.confirmed)) === FlowFlag.replied;
}

export function isConfirmed(flags: number): boolean {
  return (flags & FlowFlag.confirmed) !== 0;
}

/** Has a flow been silent for too long? How long it may be follows from what was seen of it. */
export function isExpired(
  half: Pick<FlowHalf, 'proto' | 'flags' | 'lastSeen'>,
  { clock, settings }: Moment,
): boolean {
  const limit = silenceSeconds(half.proto, half.flags, settings) * clock.hz;
  return clock.isOlder(clock.now - half.lastSeen, limit);
}

/** When a flow was last seen that has just been silent for too long. */
export function longAgo(half: Pick<FlowHalf, 'proto' | 'flags'>, { clock, settings }: Moment): number {
  return clock.now - silenceSeconds(half.proto, half.flags, settings) * clock.hz - clock.beyond;
}

/** When, and how long things last. */
interface Moment {
  readonly clock: Clock;
  readonly settings: PacketSettings;
}

/** How long a flow may be silent, by what was seen of it. */
export function silenceSeconds(proto: number, flags: number, settings: PacketSettings): number {
  const bothFins = FlowFlag.finRequest | FlowFlag.finReply;
  if (flags & FlowFlag.reset) return settings.tcpClosedSeconds;
  if (proto !== IpProto.TCP) return isConfirmed(flags) ? settings.udpOpenSeconds : settings.udpNewSeconds;
  if ((flags & bothFins) === bothFins) return settings.tcpClosedSeconds;
  if (flags & bothFins) return settings.tcpHalfClosedSeconds;
  return isConfirmed(flags) ? settings.tcpOpenSeconds : settings.tcpNewSeconds;
}

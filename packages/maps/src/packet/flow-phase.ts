import { FlowFlag } from '../flow/flow4.ts';
import { IpProto } from '../layouts/names.ts';
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

/** One side has said that it is done, or the backend is gone. */
export function isClosing(flags: number): boolean {
  return (flags & (FlowFlag.finRequest | FlowFlag.finReply | FlowFlag.reset)) !== 0;
}

export function isConfirmed(flags: number): boolean {
  return (flags & FlowFlag.confirmed) !== 0;
}

/** Jiffies that a flow may be silent. */
export function timeoutOf(proto: number, flags: number, settings: PacketSettings): number {
  return secondsOf(proto, flags, settings) * settings.hz;
}

function secondsOf(proto: number, flags: number, settings: PacketSettings): number {
  const bothFins = FlowFlag.finRequest | FlowFlag.finReply;
  if (flags & FlowFlag.reset) return settings.tcpClosedSeconds;
  if (proto !== IpProto.TCP) return isConfirmed(flags) ? settings.udpOpenSeconds : settings.udpNewSeconds;
  if ((flags & bothFins) === bothFins) return settings.tcpClosedSeconds;
  if (flags & bothFins) return settings.tcpHalfClosedSeconds;
  return isConfirmed(flags) ? settings.tcpOpenSeconds : settings.tcpNewSeconds;
}

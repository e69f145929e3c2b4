import { jhash3Words } from '@lbx/maglev';
import { gateHash6, rawAddress, rawPort } from '../flow/gate.ts';
import type { FlowTuple } from './flow-state.ts';
import { type PacketSettings, usedSnatPorts } from './settings.ts';

const MIX = 0x9e37_79b1;

/**
 * The SNAT ports that a flow tries, in order, without end: a start and a stride from a hash of the client's tuple, around a
 * prime number of ports, so that all of them are tried before one comes again.
 */
export function* snatPorts(flow: FlowTuple, settings: PacketSettings): Generator<number, never> {
  const used = usedSnatPorts(settings);
  const hash = tupleHash(flow);
  const stride = 1 + scale(Math.imul(hash, MIX) >>> 0, used - 1);
  for (let index = scale(hash, used); ; index = (index + stride) % used) yield settings.snatPorts[0] + index;
}

function tupleHash({ client, service, proto }: FlowTuple): number {
  const ports = (rawPort(service.port) << 16) | rawPort(client.port);
  return jhash3Words(wordOf(client.address), ports, wordOf(service.address), proto);
}

/** An address in 32 bits; of IPv6 a hash. */
function wordOf(address: string): number {
  return address.includes(':') ? gateHash6(address, 0, 0) : rawAddress(address);
}

/** A 32-bit number to 0 … range - 1. */
function scale(hash: number, range: number): number {
  return Number((BigInt(hash) * BigInt(range)) >> 32n);
}

import { parseIpv4Number } from '../codec/ipv4-text.ts';
import { putIpv6 } from '../codec/ipv6.ts';

/** Writes an address of either family, 4 or 16 bytes. */
export function putAddress(view: DataView, at: number, address: string): void {
  if (address.includes(':')) putIpv6(view, at, address);
  else view.setUint32(at, parseIpv4Number(address));
}

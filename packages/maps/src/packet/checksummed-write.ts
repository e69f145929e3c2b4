import { IpProto } from '../layouts/names.ts';
import { foldSum } from './internet-checksum.ts';
import { putAddress } from './put-address.ts';

/*
 * Checksums are brought up to date by what changed (RFC 1624), not made anew: one that was wrong stays as wrong as it
 * was. What is written tells the difference that it makes to a one's complement sum: minus each old word, plus each new.
 */

/** Writes `length` bytes (an even number) from `at` on; gives the difference. */
export function replaceWords(view: DataView, at: number, length: number, write: () => void): number {
  let difference = 0;
  for (let i = 0; i < length; i += 2) difference += ~view.getUint16(at + i) & 0xffff;
  write();
  for (let i = 0; i < length; i += 2) difference += view.getUint16(at + i);
  return difference;
}

export function replaceAddress(view: DataView, at: number, address: string): number {
  return replaceWords(view, at, address.includes(':') ? 16 : 4, () => putAddress(view, at, address));
}

export function replacePort(view: DataView, at: number, port: number): number {
  return replaceWords(view, at, 2, () => view.setUint16(at, port));
}

/** A byte shares its word with the one next to it. */
export function replaceByte(view: DataView, at: number, byte: number): number {
  return replaceWords(view, at & ~1, 2, () => view.setUint8(at, byte));
}

/** Adds to what a checksum field covers. Gives the difference that the field itself makes. */
export function addToChecksum(view: DataView, at: number, difference: number): number {
  return replaceWords(view, at, 2, () => {
    view.setUint16(at, ~foldSum((~view.getUint16(at) & 0xffff) + difference) & 0xffff);
  });
}

/**
 * The same for the checksum of TCP or UDP, as far as it is there. That of UDP is 0 where there is none: it stays, and 0 is
 * never the result. Others (SCTP) do not cover addresses.
 */
export function addToL4Checksum(view: DataView, l4At: number, proto: number, difference: number): number {
  const at = l4At + (proto === IpProto.TCP ? 16 : 6);
  if ((proto !== IpProto.TCP && proto !== IpProto.UDP) || at + 2 > view.byteLength) return 0;
  if (proto === IpProto.TCP) return addToChecksum(view, at, difference);
  if (view.getUint16(at) === 0) return 0;
  return replaceWords(view, at, 2, () => {
    addToChecksum(view, at, difference);
    if (view.getUint16(at) === 0) view.setUint16(at, 0xffff);
  });
}

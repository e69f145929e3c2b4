import { FieldError, rangeError } from '../errors.ts';
import { formatIpv4Number, ipv4Read, readIpv4 } from './ipv4-text.ts';

/**
 * The bytes of the simple fields, described once for both ways they are called: by the field itself, and by the loop
 * of a struct, where a switch that the compiler inlines costs half of a call through a closure.
 */
export const Op = {
  /** Not simple: the field's own put and get. */
  other: 0,
  u8: 1,
  u16: 2,
  u32: 3,
  be16: 4,
  be32: 5,
  ipv4: 6,
  /** Padding of 1, 2 and 4 bytes: everything from here on has no value. */
  zero8: 7,
  zero16: 8,
  zero32: 9,
} as const;
export type Op = (typeof Op)[keyof typeof Op];

/** Little-endian is host order on every machine that lbx supports (x86-64, arm64, riscv64). */
const LITTLE = true;

/** Writes a simple field. DataView wraps silently, so each value is checked to be what the bytes can hold. */
export function putPrimitive(op: Op, view: DataView, at: number, value: unknown): void {
  const x = value as number;
  // The tests refuse in one go what is negative, too large, fractional, NaN, or no number.
  switch (op) {
    case 1: // u8
      if ((x & 0xff) !== x) throw rangeError(value, 0, 0xff);
      view.setUint8(at, x);
      break;
    case 2: // u16
      if ((x & 0xffff) !== x) throw rangeError(value, 0, 0xffff);
      view.setUint16(at, x, LITTLE);
      break;
    case 3: // u32
      if (x >>> 0 !== x) throw rangeError(value, 0, 0xffff_ffff);
      view.setUint32(at, x, LITTLE);
      break;
    case 4: // be16
      if ((x & 0xffff) !== x) throw rangeError(value, 0, 0xffff);
      view.setUint16(at, x);
      break;
    case 5: // be32
      if (x >>> 0 !== x) throw rangeError(value, 0, 0xffff_ffff);
      view.setUint32(at, x);
      break;
    case 6: // ipv4
      if (typeof value !== 'string' || !readIpv4(value)) throw notIpv4(value);
      view.setInt32(at, ipv4Read[0]!);
      break;
    case 7: // zero8
      view.setUint8(at, 0);
      break;
    case 8: // zero16
      view.setUint16(at, 0);
      break;
    case 9: // zero32
      view.setUint32(at, 0);
      break;
  }
}

/** Reads a simple field that has a value. */
export function getPrimitive(op: Op, view: DataView, at: number): unknown {
  switch (op) {
    case 1: // u8
      return view.getUint8(at);
    case 2: // u16
      return view.getUint16(at, LITTLE);
    case 3: // u32
      return view.getUint32(at, LITTLE);
    case 4: // be16
      return view.getUint16(at);
    case 5: // be32
      return view.getUint32(at);
    case 6: // ipv4
      return formatIpv4Number(view.getUint32(at));
    default:
      return undefined;
  }
}

function notIpv4(value: unknown): FieldError {
  return new FieldError('LBX_ADDRESS', `${JSON.stringify(value)} is no IPv4 address like 192.0.2.1`, value);
}

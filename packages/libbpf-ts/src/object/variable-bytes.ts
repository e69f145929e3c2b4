import { LibbpfError } from '../errors.ts';
import type { VariableSpec } from '../spec/variable-spec.ts';

/** What a variable can be set to. See {@link LoadOptions.variables} for the byte order of numbers. */
export type VariableValue = number | bigint | boolean | Uint8Array;

/** Whether numbers of this C type are kept in network byte order. */
function isBigEndianType(type: string): boolean {
  return /^(?:__)?be(?:16|32|64)$/.test(type);
}

/** A value as the variable's bytes. Throws LBX_VARIABLE_SIZE when it does not fit. */
export function variableBytes(spec: VariableSpec, value: VariableValue): Uint8Array {
  if (value instanceof Uint8Array) {
    if (value.byteLength === spec.size) return value;
    throw sizeError(spec, `${value.byteLength} bytes`);
  }
  if (typeof value === 'number' && !Number.isInteger(value)) throw sizeError(spec, `the number ${value}`);
  if (!isScalar(spec)) throw sizeError(spec, `a ${typeof value}`, 'give it as bytes');
  const bits = BigInt(spec.size * 8);
  const number = BigInt(value);
  if (number < -(1n << (bits - 1n)) || number >= 1n << bits) throw sizeError(spec, `the number ${number}`);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(Number(bits), number));
  const little = new Uint8Array(bytes.subarray(0, spec.size));
  return isBigEndianType(spec.type) ? little.reverse() : little;
}

/** The number in a variable's bytes, read as its C type says: signed or not, in network order or not. */
export function variableNumber(spec: VariableSpec, bytes: Uint8Array): bigint {
  if (!isScalar(spec)) throw sizeError(spec, 'a number', 'read it as bytes');
  const little = Buffer.alloc(8);
  little.set(isBigEndianType(spec.type) ? new Uint8Array(bytes).reverse() : bytes);
  const number = little.readBigUInt64LE();
  const signed = /^(?:__)?s(?:8|16|32|64)$|^(?:signed |int|short|long|char)/.test(spec.type);
  return signed ? BigInt.asIntN(spec.size * 8, number) : number;
}

function isScalar({ type, size }: VariableSpec): boolean {
  return [1, 2, 4, 8].includes(size) && !/^(?:struct|union) |\]$/.test(type);
}

function sizeError(spec: VariableSpec, given: string, hint?: string): LibbpfError {
  const unit = spec.size === 1 ? 'byte' : 'bytes';
  return new LibbpfError(
    'LBX_VARIABLE_SIZE',
    `variable ${spec.name} is ${spec.type} (${spec.size} ${unit}); ${given} does not fit`,
    { hint },
  );
}

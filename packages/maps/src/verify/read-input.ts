import type { FieldInfo, Struct } from '../codec/struct.ts';

type Input = Readonly<Record<string, unknown>>;

/**
 * What the vectors call our fields, where it is not the same name (upper and lower case do not matter). Vectors have
 * the names of the reference's Go types, ours come from C.
 */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  dport: ['port'],
  proto: ['protocol'],
  nexthdr: ['protocol'],
  revNatIndex: ['revNat'],
  revNatId: ['revNat'],
  svcId: ['revNat'],
  state: ['flags'],
  clientCookie: ['cookie'],
  natAddr: ['natAddress'],
  toAddr: ['toAddress'],
  addr: ['mac', 'address'],
  l7LbProxyPort: ['l7LBProxyPort', 'l7ProxyPort', 'proxyPort'],
};

/** Bytes of a state name, checked against the byte that the vector gives beside it. */
const STATES: Readonly<Record<string, number>> = {
  active: 0,
  terminating: 1,
  'terminating-not-serving': 1,
  quarantined: 2,
  maintenance: 3,
};

/** The value of a field in a vector's input, or undefined when the input has none. */
function inputOf(input: Input, field: FieldInfo): unknown {
  const { name } = field;
  if (name === 'affinityTimeout') {
    // One word in the map, two values in the input; an algorithm alone means no affinity. A proxy port overwrites both.
    if (input.algorithm === undefined && input[name] === undefined) return undefined;
    if (givenAs(input, 'l7LbProxyPort') !== undefined) return undefined;
    return { seconds: input[name] ?? 0, algorithm: input.algorithm ?? 0 };
  }
  const { cidr } = input;
  if (typeof cidr === 'string') {
    const [address, bits] = cidr.split('/');
    if (name === 'prefixlen') return 32 + Number(bits);
    if (name === 'addr') return address;
  }
  if (name === 'state' && typeof input.state === 'string') return STATES[input.state];
  return givenAs(input, name);
}

/** What the input has under the name of a field, or another name for it. */
function givenAs(input: Input, name: string): unknown {
  const wanted = [name, ...(ALIASES[name] ?? [])].map((one) => one.toLowerCase());
  for (const alias of wanted) {
    const key = Object.keys(input).find((one) => one.toLowerCase() === alias);
    if (key !== undefined) return input[key];
  }
  return undefined;
}

/** 64-bit values are decimal text in JSON, or numbers when they are small; an id in a u64 is a number here. */
function convert(field: FieldInfo, value: unknown): unknown {
  if (typeof value === 'string' && /^\d+$/.test(value)) return BigInt(value);
  const is64 = field.size === 8 && field.order === 'host' && field.name !== 'backendId';
  return is64 && typeof value === 'number' ? BigInt(value) : value;
}

/**
 * Our object for a vector's input: the first reading of the struct for which the input has every field. Undefined
 * with `missing` filled when there is none.
 */
export function readInput(
  readings: readonly Struct<unknown>[],
  input: Input,
): { readonly struct: Struct<unknown>; readonly value: unknown } | { readonly missing: string } {
  let missing = '';
  for (const struct of readings) {
    const value: Record<string, unknown> = {};
    const absent: string[] = [];
    for (const field of struct.fields) {
      if (field.isPad) continue;
      const given = inputOf(input, field);
      if (given === undefined) absent.push(field.name);
      else value[field.name] = convert(field, given);
    }
    if (absent.length === 0) return { struct, value };
    missing = `the input has no ${absent.join(', ')} (${struct.name})`;
  }
  return { missing };
}

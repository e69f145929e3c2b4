import type { Text } from '../codec/field.ts';
import { MapsError } from '../errors.ts';

/** How entries of one map read in a dump, where that is not `field=value field=value`. */
export interface Form<K, V> {
  readonly key?: Text<K>;
  readonly value?: (key: K) => Text<V>;
}

/** A text made of a pattern: `format` writes it, `pattern` finds its groups again. */
export function patternText<T>(
  pattern: RegExp,
  example: string,
  format: (value: T) => string,
  read: (groups: Readonly<Record<string, string>>) => T,
): Text<T> {
  return {
    format,
    parse(text) {
      const groups = pattern.exec(text)?.groups;
      if (groups === undefined)
        throw new MapsError('LBX_DUMP_SYNTAX', `${JSON.stringify(text)} is not like ${example}`);
      return read(groups);
    },
  };
}

/** `198.51.100.1:80`, `[2001:db8::1]:80`. */
export function formatEndpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Source of a pattern for an endpoint with the groups `address4` or `address6`, and `port`. */
export const ENDPOINT = String.raw`(?:\[(?<address6>[^\]]+)\]|(?<address4>[^:\s\]]+)):(?<port>\d+)`;

/** The address of a match of ENDPOINT. */
export const addressOf = (groups: Readonly<Record<string, string | undefined>>): string =>
  groups.address6 ?? groups.address4 ?? '';

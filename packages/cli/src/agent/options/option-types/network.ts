import { isIP } from 'node:net';
import { parseEndpoint } from '../../../input/shared-options.ts';
import { BadValue, type OptionType } from './option-type.ts';
import { text } from './scalars.ts';

/** An IP address, of one family if that is given. */
export function ipAddress(family?: 4 | 6): OptionType<string> {
  const wanted = family === undefined ? 'IPv4 or IPv6' : `IPv${family}`;
  const format = family === undefined ? {} : { format: `ipv${family}` };
  return text(
    'ip',
    (value) =>
      refuse(family === undefined ? isIP(value) === 0 : isIP(value) !== family, `say an ${wanted} address`),
    format,
  );
}

/** Both ends of a range of ports. */
export function portRange(): OptionType<readonly [number, number]> {
  const range = text('from-to', undefined, { pattern: '^\\d{1,5}-\\d{1,5}$' });
  return {
    ...range,
    read(plain) {
      const [from = 0, to = 0] = /^(\d{1,5})-(\d{1,5})$/.exec(range.read(plain))?.slice(1).map(Number) ?? [];
      if (from >= 1 && from <= to && to <= 65_535) return [from, to];
      throw new BadValue(`'${plain}': say FROM-TO, such as 10000-29999`);
    },
  };
}

/** Where a server listens, or `none`. */
export function bindAddress(): OptionType<string> {
  return text('address:port', (value) => value === 'none' || parseEndpoint(value), {
    pattern: '^(none|.+:\\d{1,5})$',
  });
}

/** What `bindAddress` said. */
export const bindPlaces = (
  values: readonly string[],
): { readonly address: string; readonly port: number }[] =>
  values.flatMap((value) => (value === 'none' ? [] : [parseEndpoint(value)]));

/** A prefix of addresses of the node, or `primary`. */
export function nodePortAddress(): OptionType<string> {
  return text('cidr', (value) => {
    const [address = '', length = '', ...rest] = value.split('/');
    const bits = isIP(address) === 4 ? 32 : 128;
    const isPrefix =
      isIP(address) !== 0 && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= bits;
    refuse(value !== 'primary' && !isPrefix, "say a prefix such as 192.0.2.0/24, or 'primary'");
  });
}

/** The address of an API server. */
export function serverUrl(): OptionType<string> {
  return text(
    'url',
    (value) =>
      refuse(
        !/^https?:$/.test(URL.parse(value)?.protocol ?? ''),
        'say a URL such as https://192.0.2.10:6443',
      ),
    { pattern: '^[hH][tT][tT][pP][sS]?:' },
  );
}

function refuse(isBad: boolean, advice: string): void {
  if (isBad) throw new Error(advice);
}

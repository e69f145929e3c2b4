import { type Field, field, plainText } from '../codec/field.ts';
import { formatIpv6, ipv6 } from '../codec/ipv6.ts';

const mapped = '::ffff:';

/** An address of either family in 16 bytes, IPv4 mapped into `::ffff:0:0/96`. The value is text without the mapping. */
export const mappedAddress: Field<string> = field<string>({
  size: ipv6.size,
  align: ipv6.align,
  ctype: ipv6.ctype,
  order: 'network',
  text: plainText,
  put: (view, at, value) => ipv6.put(view, at, value.includes(':') ? value : `${mapped}${value}`),
  get(view, at) {
    const text = formatIpv6(view, at);
    return text.startsWith(mapped) && text.includes('.') ? text.slice(mapped.length) : text;
  },
});

import { type Field, plainText, primitiveField } from './field.ts';
import { Op } from './primitive.ts';

/** IPv4 address in network order; the value is a dotted quad. */
export const ipv4: Field<string> = primitiveField<string>({
  op: Op.ipv4,
  size: 4,
  align: 4,
  ctype: '__be32',
  order: 'network',
  text: plainText,
});

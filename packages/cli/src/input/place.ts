import { type Endpoint, readAddress, readEndpoint } from '@lbx/maps';
import { InvalidArgumentError } from 'commander';

/** An address or a network, and a port if one was said. */
export interface Place {
  readonly address: string;
  /** Length of the prefix; of an address all its bits. */
  readonly bits: number;
  readonly port?: number;
}

/** "192.0.2.1", "192.0.2.0/24", "192.0.2.1:80", "[2001:db8::1]:80". */
export function parsePlace(text: string): Place {
  const endpoint: Endpoint | undefined = readEndpoint(text);
  if (endpoint !== undefined && endpoint.port > 0 && endpoint.protocol === undefined)
    return { ...place(endpoint.address), port: endpoint.port };
  const [address = '', length, ...rest] = text.split('/');
  const found = place(address);
  const bits = length === undefined ? found.bits : Number(length);
  if (rest.length === 0 && (length === undefined || /^\d{1,3}$/.test(length)) && bits <= found.bits)
    return { address: found.address, bits };
  throw wrong();
}

/** As text again, without the port. */
export const networkText = ({ address, bits }: Place): string => `${address}/${bits}`;

function place(text: string): Place {
  const found = readAddress(text);
  if (found === undefined) throw wrong();
  return { address: found.text, bits: found.family === 6 ? 128 : 32 };
}

const wrong = () =>
  new InvalidArgumentError(
    'say an address, a network or ADDRESS:PORT, such as 192.0.2.1, 192.0.2.0/24 or [2001:db8::1]:80',
  );

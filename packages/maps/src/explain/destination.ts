import { readAddress } from '../model/address.ts';
import { protocolNumbers } from '../model/protocol.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Flow } from './explanation.ts';
import type { Destination } from './find-from-outside.ts';

/** Addresses canonical; an IPv4-mapped one counts as IPv4, as for sockets. */
export function destinationOf({ from, to, protocol }: Flow): Destination {
  const read = (address: string, field: string) => {
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
    const found = readAddress(mapped?.[1] ?? address);
    if (found === undefined)
      throw new ServiceError('LBX_SERVICE_ADDRESS', '', field, address, 'is no IP address');
    return found;
  };
  const client = read(from.address, 'from.address');
  const target = read(to.address, 'to.address');
  if (client.family !== target.family) {
    const problem = `is of the other IP version than ${to.address}`;
    throw new ServiceError('LBX_SERVICE_FAMILY', '', 'from.address', from.address, problem);
  }
  const proto = protocolNumbers[protocol];
  return { family: target.family, client: client.text, address: target.text, port: to.port, proto };
}

import { readAddress } from '../model/address.ts';
import { protocolNumbers } from '../model/protocol.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Flow } from './explanation.ts';
import type { Destination } from './find-from-outside.ts';

/** Addresses canonical; an IPv4-mapped one counts as IPv4, as for sockets. @throws ServiceError */
export function destinationOf(flow: Flow): Destination {
  assertFlow(flow);
  const { from, to, protocol } = flow;
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

/** For those whom no compiler tells. */
function assertFlow({ from, to, protocol }: Flow): void {
  for (const [field, end] of Object.entries({ from, to })) {
    if (typeof end?.address !== 'string' || typeof end.port !== 'number') {
      const problem = "is no end of a flow; write { address: '203.0.113.5', port: 40000 }";
      throw new ServiceError('LBX_SERVICE_FIELD', '', field, end, problem);
    }
    if (!Number.isInteger(end.port) || end.port < 0 || end.port > 65_535)
      throw new ServiceError('LBX_SERVICE_PORT', '', `${field}.port`, end.port, 'is no port from 0 to 65535');
  }
  if (!Object.hasOwn(protocolNumbers, protocol ?? ''))
    throw new ServiceError(
      'LBX_SERVICE_FIELD',
      '',
      'protocol',
      protocol,
      'is no protocol; use TCP, UDP or SCTP',
    );
}

import { ServiceError } from './service-error.ts';

/** Transport protocol of a frontend or backend, as Kubernetes spells it. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** IPPROTO_* of each protocol, as in the `proto` byte of map keys. */
export const protocolNumbers: Readonly<Record<Protocol, number>> = { TCP: 6, UDP: 17, SCTP: 132 };

const byNumber = new Map<number, Protocol>(
  Object.entries(protocolNumbers).map(([name, number]) => [number, name as Protocol]),
);

/** `TCP`, `tcp`, … → `TCP`. Throws a ServiceError (`LBX_SERVICE_FIELD`) for anything else. */
export function parseProtocol(value: unknown, service = '', field = 'protocol'): Protocol {
  const upper = typeof value === 'string' ? value.toUpperCase() : value;
  if (upper === 'TCP' || upper === 'UDP' || upper === 'SCTP') return upper;
  throw new ServiceError('LBX_SERVICE_FIELD', service, field, value, 'is no protocol; use TCP, UDP or SCTP');
}

/** Name of a protocol byte; 0 (wildcard entries) is `ANY`, an unknown one its number. */
export function protocolName(number: number): string {
  return number === 0 ? 'ANY' : (byNumber.get(number) ?? String(number));
}

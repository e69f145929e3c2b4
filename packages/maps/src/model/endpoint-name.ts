import { familyOf, readAddress } from './address.ts';
import type { Scope } from './frontend.ts';
import { type Protocol, parseProtocol } from './protocol.ts';

/** What an endpoint name says. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly protocol?: Protocol;
  readonly scope?: Scope;
}

/** `198.51.100.1:80`, `[2001:db8::1]:80`. */
export function hostPort(address: string, port: number): string {
  return familyOf(address) === 6 ? ['[', address, ']:', port].join('') : [address, port].join(':');
}

/**
 * The name of a frontend or backend: `198.51.100.1:80/TCP`, `[2001:db8::1]:53/UDP`, and `/i` after it for the internal
 * scope. Ids are kept under these names. The address must be canonical.
 */
export function endpointName(address: string, port: number, protocol: string, scope?: Scope): string {
  const end = scope === 'internal' ? '/i' : '';
  // Joined, not added up: V8 keeps a sum as a tree of its parts, five times as large, as long as nobody reads it.
  return familyOf(address) === 6
    ? ['[', address, ']:', port, '/', protocol, end].join('')
    : [address, ':', port, '/', protocol, end].join('');
}

/** The name of an endpoint as somebody wrote it: its address need not be canonical, and stays as it is where it is none. */
export function nameOfEndpoint({
  address,
  port,
  protocol,
  scope,
}: Required<Omit<Endpoint, 'scope'>> & Endpoint): string {
  return endpointName(readAddress(address)?.text ?? address, port, protocol, scope);
}

const PATTERN = /^(?:\[([^\]]+)\]|([^[\]:]+)):(\d{1,5})(?:\/(\w+))?(\/i)?$/;

/**
 * Reads `address:port[/PROTO[/i]]`; undefined when the text is none, the address is wrong or the port above 65535.
 * The address comes back canonical.
 */
export function readEndpoint(text: string): Endpoint | undefined {
  const match = PATTERN.exec(text.trim());
  if (match === null) return undefined;
  const [, six, four, portText, protocol, internal] = match;
  const address = readAddress(six ?? four ?? '');
  const port = Number(portText);
  if (address === undefined || (address.family === 6) !== (six !== undefined) || port > 65535)
    return undefined;
  if (protocol !== undefined && !/^(tcp|udp|sctp)$/i.test(protocol)) return undefined;
  return {
    address: address.text,
    port,
    ...(protocol === undefined ? {} : { protocol: parseProtocol(protocol) }),
    ...(internal === undefined ? {} : { scope: 'internal' as const }),
  };
}

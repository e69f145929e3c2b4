import { isIP } from 'node:net';
import { assertTableSize } from '@lbx/maglev';
import { InvalidArgumentError, Option } from 'commander';

/** Options that several commands have. */
export const algorithmOption = (): Option =>
  new Option('--algorithm <name>', 'how packets choose a backend')
    .choices(['random', 'maglev'])
    .default('random');

export const maglevSizeOption = (): Option =>
  new Option('--maglev-size <prime>', 'slots of a Maglev table').argParser(parseTableSize).default(16381);

/** For commands that read pinned maps. */
export const layoutOption = (): Option =>
  new Option('--layout <name>', "whose pinned maps: lbx, or an installed cilium's (only read)")
    .choices(['lbx', 'cilium'])
    .default('lbx');

/** For commands that read Kubernetes objects. */
export const nodeOption = (): Option =>
  new Option('--node <name>', 'name of the node in Kubernetes, with manifests or a cluster').env('NODE_NAME');

/** A whole number, not negative. */
export function parseNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('say a whole number');
}

/** A whole number from 1 on. */
export function parseCount(text: string): number {
  const number = parseNumber(text);
  if (number > 0) return number;
  throw new InvalidArgumentError('say a whole number from 1 on');
}

/** A time, up to a day. */
export function parseSeconds(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && number > 0 && number <= 86_400) return number;
  throw new InvalidArgumentError('say seconds: a number above 0, up to 86400');
}

/** A prime that a Maglev table can have. Checked at once, also where no table is made: maps keep the size they were made for. */
export function parseTableSize(text: string): number {
  const size = parseNumber(text);
  try {
    assertTableSize(size);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return size;
}

/** "192.0.2.1:80", "[2001:db8::1]:80". */
export function parseEndpoint(text: string): { readonly address: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const [, bracketed = '', plain = '', digits = ''] = match ?? [];
  const port = Number(digits);
  if (match === null || (isIP(bracketed) !== 6 && isIP(plain) !== 4) || port < 1 || port > 65535) {
    throw new InvalidArgumentError('say ADDRESS:PORT, such as 192.0.2.1:80 or [2001:db8::1]:80');
  }
  return { address: bracketed || plain, port };
}

/** An address of a web server, as text. */
export function parseUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new InvalidArgumentError('say a URL, such as http://127.0.0.1:10249');
}

export function parseProtocol(text: string): 'TCP' | 'UDP' | 'SCTP' {
  const upper = text.toUpperCase();
  if (upper === 'TCP' || upper === 'UDP' || upper === 'SCTP') return upper;
  throw new InvalidArgumentError('say tcp, udp or sctp');
}

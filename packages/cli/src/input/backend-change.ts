import { type BackendChange, type BackendState, readEndpoint } from '@lbx/maps';
import { InvalidArgumentError } from 'commander';

const states = [
  'active',
  'terminating',
  'quarantined',
  'maintenance',
] as const satisfies readonly BackendState[];

/** `--add shop/web=192.0.2.9:8080`, and `*50` behind for another weight than 100. */
export function parseAddition(text: string, before: readonly BackendChange[] = []): BackendChange[] {
  const [, of = '', place = '', weight] = /^(.+)=([^=*]+)(?:\*(\d+))?$/.exec(text) ?? [];
  const endpoint = endpointOf(place, 'say SERVICE=ADDRESS:PORT, such as shop/web=192.0.2.9:8080');
  const more = weight === undefined ? {} : { weight: weightOf(weight) };
  return [...before, { change: 'add', of, ...endpoint, ...more }];
}

/** `--remove shop/web=192.0.2.9:8080`. */
export function parseRemoval(text: string, before: readonly BackendChange[] = []): BackendChange[] {
  const [, of = '', place = ''] = /^(.+)=([^=]+)$/.exec(text) ?? [];
  const endpoint = endpointOf(place, 'say SERVICE=ADDRESS:PORT, such as shop/web=192.0.2.9:8080');
  return [...before, { change: 'remove', of, ...endpoint }];
}

/** `--weight shop/web/192.0.2.9:8080=50`. */
export function parseWeight(text: string, before: readonly BackendChange[] = []): BackendChange[] {
  const { of, place, value } = parts(text);
  const endpoint = endpointOf(place, 'say SERVICE/ADDRESS:PORT=WEIGHT, such as shop/web/192.0.2.9:8080=50');
  return [...before, { change: 'set', of, ...endpoint, weight: weightOf(value) }];
}

/** `--state shop/web/192.0.2.9:8080=terminating`. */
export function parseState(text: string, before: readonly BackendChange[] = []): BackendChange[] {
  const { of, place, value } = parts(text);
  const hint = `say SERVICE/ADDRESS:PORT=STATE; states are ${states.join(', ')}`;
  const endpoint = endpointOf(place, hint);
  const state = states.find((one) => one === value);
  if (state === undefined) throw new InvalidArgumentError(hint);
  return [...before, { change: 'set', of, ...endpoint, state }];
}

function parts(text: string): { of: string; place: string; value: string } {
  const [, of = '', place = '', value = ''] = /^(.+)\/([^/=]+)=([^=]+)$/.exec(text) ?? [];
  return { of, place, value };
}

function endpointOf(text: string, hint: string): { address: string; port: number } {
  const endpoint = readEndpoint(text);
  if (endpoint === undefined || endpoint.port === 0) throw new InvalidArgumentError(hint);
  return { address: endpoint.address, port: endpoint.port };
}

function weightOf(text: string): number {
  const weight = Number(text);
  if (/^\d+$/.test(text) && weight <= 65535) return weight;
  throw new InvalidArgumentError('a weight is a whole number up to 65535; 100 is usual');
}

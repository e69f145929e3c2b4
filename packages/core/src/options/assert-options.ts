import { badOption, catalog, flowCatalog, nearestName, type OptionShape } from '@lbx/maps';
import { CoreError } from '../errors.ts';
import { wholeNumber } from './check-option.ts';
import type { FlowTimeouts, LoadBalancerOptions } from './options.ts';

const shape: OptionShape<LoadBalancerOptions> = {
  devices: 'texts',
  xdp: ['text', 'object'],
  tc: 'text',
  podDevices: 'texts',
  cgroup: ['text', 'false'],
  pins: ['text', 'false'],
  families: 'numbers',
  algorithm: 'text',
  maglevSize: 'number',
  maglevSeed: 'text',
  nodeAddresses: 'texts',
  nodePortRange: 'numbers',
  externalClusterIP: 'flag',
  wildcards: 'flag',
  rejectWithoutEndpoints: 'flag',
  answerEcho: 'flag',
  forwarding: 'text',
  dsrDispatch: 'text',
  mtu: 'number',
  snatAddress: 'text',
  snatAddress6: 'text',
  snatPorts: 'numbers',
  redirect: 'text',
  hairpinAddress: 'text',
  hairpinAddress6: 'text',
  sessionAffinity: 'flag',
  peerNames: ['flag', 'text'],
  destroyUdpSockets: 'flag',
  externalIPsAnywhere: 'flag',
  timeouts: 'object',
  flows: 'number',
  flowTable: 'text',
  traffic: 'flag',
  endpoints: 'number',
  maxEntries: 'object',
  sweepSeconds: ['number', 'false'],
  driftSeconds: ['number', 'false'],
  onNotice: 'call',
  onApplied: 'call',
  onNodeAddresses: 'call',
};

const timeoutsShape: OptionShape<FlowTimeouts> = {
  tcpNew: 'number',
  tcpOpen: 'number',
  tcpHalfClosed: 'number',
  tcpClosed: 'number',
  udpNew: 'number',
  udpOpen: 'number',
};

const mapNames = [...Object.keys(catalog), ...Object.keys(flowCatalog)];

/**
 * Refuses options that do not exist and values of another kind, before anything is made: what is misspelt would else be as if
 * it were left out, and without `devices` or `cgroup` that means other packets and sockets than were meant.
 * @throws CoreError `LBX_BAD_OPTION`
 */
export function assertOptions(given: LoadBalancerOptions): void {
  assertShape(given, shape);
  if (given.timeouts !== undefined) assertShape(given.timeouts, timeoutsShape, 'timeouts');
  for (const [name, size] of Object.entries(given.maxEntries ?? {})) {
    if (!mapNames.includes(name)) throw noSuchMap(name);
    wholeNumber(`maxEntries.${name}`, size, 1, 2 ** 31);
  }
}

/** @throws CoreError `LBX_BAD_OPTION` for the first option that cannot be meant. `within`: the option that holds these. */
export function assertShape<T>(given: unknown, shape: OptionShape<T>, within = ''): void {
  const bad = badOption(given, shape);
  if (bad === undefined) return;
  const option = [within, bad.option].filter((part) => part !== '').join('.');
  throw new CoreError('LBX_BAD_OPTION', `${option || 'options'}: ${bad.problem}`, {
    option,
    value: bad.value,
  });
}

function noSuchMap(name: string): CoreError {
  const near = nearestName(name, mapNames);
  const hint = near === undefined ? 'docs/maps.md lists them' : `did you mean '${near}'?`;
  return new CoreError('LBX_BAD_OPTION', `maxEntries.${name}: there is no such map; ${hint}`, {
    option: 'maxEntries',
    value: name,
  });
}

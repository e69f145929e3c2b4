import { sharesOf } from '../diff/diff-states.ts';
import { nameState } from '../diff/entry-diff.ts';
import { type FrontendState, frontendStates } from '../diff/frontend-state.ts';
import type { Fields } from '../diff/named-entry.ts';
import { isUnspecified } from '../model/address.ts';
import { type Backend, type BackendState, backendStates } from '../model/backend.ts';
import { endpointName, readEndpoint } from '../model/endpoint-name.ts';
import type { Frontend } from '../model/frontend.ts';
import type { Snapshot } from '../plan/snapshot.ts';

/**
 * The frontends that a state stands for: the inverse of `project`, as far as maps tell. They do not tell names of services
 * (each frontend is called by its own) nor which backends are on this node; weights are estimated from the shares of
 * Maglev tables, terminating backends that serve and those that do not are one, and those in maintenance have no slot.
 */
export function frontendsIn(state: Snapshot): Frontend[] {
  const states = frontendStates(nameState(state, false));
  const found: Frontend[] = [];
  for (const [name, one] of states) {
    const { address, port, protocol, scope } = readEndpoint(name) ?? {};
    if (address === undefined || port === undefined || protocol === undefined) continue;
    const isNodePort = one.type === 'NodePort' || one.type === 'HostPort';
    const surrogate = endpointName(address.includes(':') ? '::' : '0.0.0.0', port, protocol, scope);
    // What a NodePort has on each address of the node follows from the first.
    if (isNodePort && !isUnspecified(address) && states.has(surrogate)) continue;
    // The surrogate has no Maglev table, its places have.
    const tables = isNodePort ? placesOf(states, surrogate) : [one];
    found.push({
      service: name,
      address,
      port,
      protocol,
      type: one.type,
      ...(scope === undefined ? {} : { scope }),
      ...settingsOf(one),
      backends: backendsOf(
        one,
        tables.find(({ maglev }) => maglev !== undefined),
      ),
    });
  }
  return found;
}

function placesOf(states: ReadonlyMap<string, FrontendState>, surrogate: string): FrontendState[] {
  const wanted = readEndpoint(surrogate)!;
  return [...states].flatMap(([name, state]) => {
    const place = readEndpoint(name);
    const isPlace =
      place?.port === wanted.port &&
      place.protocol === wanted.protocol &&
      place.scope === wanted.scope &&
      place.address.includes(':') === wanted.address.includes(':') &&
      (state.type === 'NodePort' || state.type === 'HostPort');
    return isPlace ? [state] : [];
  });
}

function settingsOf({ settings, sourceRanges }: FrontendState): Partial<Frontend> {
  const affinity = String(settings.affinity ?? 'off');
  const { algorithm, proxyPort } = settings;
  return {
    ...(affinity === 'off' ? {} : { affinitySeconds: Number.parseInt(affinity, 10) }),
    ...(algorithm === 'random' || algorithm === 'maglev' ? { algorithm } : {}),
    ...(settings.extLocal === true ? { extLocal: true } : {}),
    ...(settings.intLocal === true ? { intLocal: true } : {}),
    twoScopes: settings.twoScopes === true,
    ...(settings.loopback === true ? { loopbackHostPort: true } : {}),
    ...(settings.nat46x64 === true ? { natPolicy: 'Nat46' } : {}),
    ...(proxyPort === undefined ? {} : { proxyPort: Number(proxyPort) }),
    ...(sourceRanges.size === 0 ? {} : { sourceRanges: [...sourceRanges] }),
    ...(settings.deny === true ? { sourceRangesPolicy: 'deny' } : {}),
  };
}

function backendsOf({ backends }: FrontendState, withTable: FrontendState | undefined): Backend[] {
  const weights =
    withTable?.maglev === undefined ? undefined : weightsOf(sharesOf(withTable.maglev).positions);
  const serving = [...backends.values()].filter(({ newFlows }) => newFlows === true);
  return [...backends].flatMap(([name, fields]): Backend[] => {
    const { address, port, protocol } = readEndpoint(name) ?? {};
    if (address === undefined || port === undefined || protocol === undefined) return [];
    const state = stateOf(fields, serving.length > 0);
    const weight = weights?.get(name);
    // Behind the others though it is active: a health check or a hint says so.
    const standby = state === 'active' && fields.newFlows !== true && serving.length > 0;
    return [
      {
        address,
        port,
        protocol,
        ...(state === 'active' ? {} : { state }),
        ...(weight === undefined ? {} : { weight }),
        ...(fields.zone === 0 || fields.zone === undefined ? {} : { zone: Number(fields.zone) }),
        ...(standby ? { standby } : {}),
      },
    ];
  });
}

/** A terminating backend serves where no other does: if it does not, it never will. */
function stateOf({ state, newFlows }: Fields, isServed: boolean): BackendState {
  if (state === 'terminating' && newFlows !== true && !isServed) return 'terminating-not-serving';
  return backendStates.find((one) => one === state) ?? 'active';
}

/** Mean 100; undefined where all have the same share, but for the one position that does not divide. */
function weightsOf(positions: Readonly<Record<string, number>>): Map<string, number> | undefined {
  const counts = Object.values(positions);
  if (Math.max(...counts) - Math.min(...counts) <= 1) return undefined;
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return new Map(
    Object.entries(positions).map(([name, count]) => [name, Math.max(1, Math.round((100 * count) / mean))]),
  );
}

import { BackendStateByte } from '../layouts/names.ts';
import type { Family } from '../model/address.ts';
import type { BackendState } from '../model/backend.ts';
import { type Protocol, protocolName } from '../model/protocol.ts';
import { mapsOf } from '../project/entry.ts';
import type { ExplainedBackend } from './explanation.ts';
import type { Trace } from './trace.ts';

const stateNames = Object.entries(BackendStateByte) as [BackendState, number][];

/** Looks a backend up by its id. */
export function readBackend(
  trace: Trace,
  family: Family,
  id: number,
): { readonly backend: ExplainedBackend; readonly stateByte: number } | undefined {
  const value = trace.lookup(mapsOf[family].backends, { backendId: id }, 'the backend');
  if (value === undefined) return undefined;
  const { address, port, proto, state, zone } = value;
  const stateName = stateNames.find(([, byte]) => byte === state)?.[0] ?? 'active';
  const backend = { id, address, port, protocol: protocolName(proto) as Protocol, state: stateName };
  return { backend: zone === 0 ? backend : { ...backend, zone }, stateByte: state };
}

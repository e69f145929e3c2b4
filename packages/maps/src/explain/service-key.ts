import type { Lb4Key } from '../layouts/service.ts';
import type { Family } from '../model/address.ts';
import { mapsOf } from '../project/entry.ts';
import type { MasterValue } from '../project/service-entry.ts';
import type { Trace } from './trace.ts';

/** A frontend that was found: slot 0, and the key that leads to its slots. */
export interface FoundService {
  readonly family: Family;
  readonly key: Lb4Key;
  readonly value: MasterValue;
}

/** Looks up slot 0 of a service; `scope` 0 external, 1 internal. */
export function lookupService(
  trace: Trace,
  family: Family,
  { address, dport, proto, scope }: Omit<Lb4Key, 'backendSlot'>,
  why: string,
): FoundService | undefined {
  const key: Lb4Key = { address, dport, backendSlot: 0, proto, scope };
  const value = trace.lookup(mapsOf[family].services, key, why) as MasterValue | undefined;
  return value === undefined ? undefined : { family, key, value };
}

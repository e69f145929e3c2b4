import { type FoundService, lookupService } from '../explain/service-key.ts';
import type { Trace } from '../explain/trace.ts';
import { ServiceFlag } from '../layouts/names.ts';
import type { Lb4Key } from '../layouts/service.ts';
import type { Family } from '../model/address.ts';

/**
 * The service of a packet that another node sent. A NodePort of that node's address is only known by the entry of address
 * 0, which stands for all of them.
 */
export function lookupServiceOfNode(
  trace: Trace,
  family: Family,
  place: Omit<Lb4Key, 'backendSlot'>,
  why: string,
): FoundService | undefined {
  const own = lookupService(trace, family, place, why);
  if (own !== undefined) return own;
  const any = { ...place, address: family === 4 ? '0.0.0.0' : '::' };
  const found = lookupService(trace, family, any, 'NodePorts of any node');
  return found !== undefined && found.value.flags & ServiceFlag.NodePort ? found : undefined;
}

import { ServiceFlag2 } from '../layouts/names.ts';
import { SOURCE_RANGE_STATIC_BITS } from '../layouts/source-range.ts';
import { mapsOf } from '../project/entry.ts';
import type { FoundService } from './service-key.ts';
import type { Trace } from './trace.ts';

/** May this client use a service with source ranges? Inside one of them: yes, or with the deny flag no. */
export function isSourceAllowed(trace: Trace, { family, value }: FoundService, client: string): boolean {
  const prefixlen = SOURCE_RANGE_STATIC_BITS + (family === 4 ? 32 : 128);
  const key = { prefixlen, revNatId: value.revNatIndex, addr: client };
  const inside =
    trace.lookup(mapsOf[family].sourceRange, key, 'a source range with the client') !== undefined;
  return inside !== ((value.flags2 & ServiceFlag2.deny) !== 0);
}

// Checked by the compiler alone: what must fail has @ts-expect-error before it.

import { type Catalog, catalog, type MapEntry, type MapKey, type MapValue } from './catalog.ts';
import { pad } from './codec/bytes.ts';
import type { TypeOf } from './codec/field.ts';
import { be16, u32, u64 } from './codec/integers.ts';
import { ipv4 } from './codec/ipv4.ts';
import { struct } from './codec/struct.ts';
import type { BackendId, RevNatId } from './layouts/ids.ts';
import { Lb4Key, Lb4Slot } from './layouts/service.ts';
import { createMemoryTable } from './tables/memory-table.ts';
import type { Tables } from './tables/memory-tables.ts';
import type { Table } from './tables/table.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(_proof?: T): void => undefined;

// A struct's value type: read-only members, no padding.
const Example = struct('example', { address: ipv4, port: be16, pad: pad(2), cookie: u64 });
yes<
  Equal<TypeOf<typeof Example>, { readonly address: string; readonly port: number; readonly cookie: bigint }>
>();

const key: Lb4Key = { address: '192.0.2.1', dport: 80, backendSlot: 0, proto: 6, scope: 0 };
Lb4Key.encode(key);
// @ts-expect-error a member is missing
Lb4Key.encode({ address: '192.0.2.1', dport: 80, backendSlot: 0, proto: 6 });
// @ts-expect-error a number is no address
Lb4Key.encode({ ...key, address: 1 });
// @ts-expect-error padding has no value
Lb4Key.encode({ ...key, pad: 0 });
// @ts-expect-error values are read-only
key.dport = 81;
// @ts-expect-error a cookie is a bigint
Example.encode({ address: '192.0.2.1', port: 1, cookie: 1 });
// @ts-expect-error there is no such C member for a signed thing
struct('bad', { a: u32, b: 7 });

// Ids: plain numbers are welcome, ids of another kind are not.
declare const backend: BackendId;
declare const revNat: RevNatId;
const slot = { count: 0, revNatIndex: revNat, flags: 0, flags2: 0, qcount: 0 };
Lb4Slot.encode({ ...slot, backendId: backend });
Lb4Slot.encode({ ...slot, backendId: 7, revNatIndex: 1 });
// @ts-expect-error a frontend id is no backend id
Lb4Slot.encode({ ...slot, backendId: revNat });
// @ts-expect-error and the other way round
Lb4Slot.encode({ ...slot, backendId: 1, revNatIndex: backend });

// Names give types.
yes<Equal<MapKey<'lb4_reverse_nat'>['revNatId'], RevNatId>>();
yes<Equal<MapValue<'lb4_maglev'>, Uint32Array>>();
yes<Equal<Catalog['lb4_services_v2']['name'], 'lb4_services_v2'>>();
const nat = createMemoryTable(catalog.lb4_reverse_nat);
nat.set({ revNatId: 1 }, { address: '192.0.2.1', port: 80 });
// @ts-expect-error the value of another map
nat.set({ revNatId: 1 }, { backendId: 1 });
// @ts-expect-error no such map
type _Unknown = MapKey<'lb4_services_v1'>;

declare const tables: Tables;
const services: Table<Lb4Key, MapValue<'lb4_services_v2'>> = tables.lb4_services_v2;
services.set(key, { affinityTimeout: { seconds: 0, algorithm: 1 }, ...slot });
// @ts-expect-error not a part of the word
services.set(key, { affinityTimeout: { seconds: 0 }, ...slot });

// An entry's map decides its key and value.
declare const entry: MapEntry;
const _right: MapEntry = { map: 'lb4_maglev', key: { revNatId: 1 }, value: new Uint32Array(1) };
// @ts-expect-error the key of another map
const _wrong: MapEntry = { map: 'lb4_maglev', key: { backendId: 1 }, value: new Uint32Array(1) };
if (entry.map === 'lb4_reverse_nat') yes<Equal<typeof entry.value.port, number>>();

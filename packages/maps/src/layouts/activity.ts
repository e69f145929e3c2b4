import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { u8, u32 } from '../codec/integers.ts';
import { scalar, struct } from '../codec/struct.ts';
import { revNatId } from './ids.ts';
import { mapLayout } from './map-layout.ts';

// Cilium 1.20.2: lb_act_key, lb_act_value. lb_fct is known from Go only; its key is taken to be the same.

export const LbActKey = struct('lb_act_key', { svcId: revNatId, zone: u8.doc('Zone number'), pad: pad(1) });
export type LbActKey = TypeOf<typeof LbActKey>;

export const LbActValue = struct('lb_act_value', {
  opened: u32.doc('Connections opened'),
  closed: u32.doc('Connections closed'),
});
export type LbActValue = TypeOf<typeof LbActValue>;

export const LbFctValue = scalar('failed', u32.doc('Connections failed'));
export type LbFctValue = TypeOf<typeof LbFctValue>;

export const act = mapLayout('lru_hash', 'lb_act', LbActKey, LbActValue, {
  doc: 'Connections per service and zone',
});
export const fct = mapLayout('lru_hash', 'lb_fct', LbActKey, LbFctValue, {
  doc: 'Failed connections per service and zone',
});

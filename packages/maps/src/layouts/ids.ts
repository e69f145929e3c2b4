import type { Branded } from '../codec/field.ts';
import { be16, u32 } from '../codec/integers.ts';

/** Number of a backend, key of the backends maps; 0 is none. */
export type BackendId = Branded<number, 'BackendId'>;
/** Number of a frontend (Cilium: service id, rev_nat_index); 0 is none. */
export type RevNatId = Branded<number, 'RevNatId'>;

export const backendId = u32.brand<'BackendId'>().doc('Backend id');
/** Network order, in C a plain `__u16` that hides it. */
export const revNatId = be16.as('__u16').brand<'RevNatId'>().doc('Frontend id, network order');

import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { u8, u32 } from '../codec/integers.ts';
import { scalar, struct } from '../codec/struct.ts';
import { BackendStateByte } from '../layouts/names.ts';

// bpf/include/lbx/backend_meta.h

/** `flags` of backend metadata. */
export const BackendMetaFlag = { local: 0x01 } as const;

export const LbxBackendMetaKey = scalar('backendId', u32.brand<'BackendId'>().doc('Backend'));

/** Is the backend of a flow still the one it was made for? Kept by user space; 8 bytes. */
export const LbxBackendMeta = struct('lbx_backend_meta', {
  generation: u32.doc('Odd while the backend exists; only ever grows'),
  flags: u8.flags(BackendMetaFlag).doc('local: on this node'),
  state: u8.values(BackendStateByte).doc('State, for people'),
  pad: pad(2),
});
export type LbxBackendMeta = TypeOf<typeof LbxBackendMeta>;

/** The generation after a backend is removed: even. No change if it is gone already. Wraps to 0. */
export function generationRemoved(generation: number): number {
  return generation % 2 === 0 ? generation : (generation + 1) >>> 0;
}

/** The generation after a backend appears under the id, or is another than before under it: odd, and new. */
export function generationAdded(generation: number): number {
  return (generation + (generation % 2 === 0 ? 1 : 2)) >>> 0;
}

import { BpfMap } from 'libbpf-ts';

const array = { type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 } as const;

/**
 * Returns when every run of a program that was under way has ended. Putting a map into a map of maps is the system call
 * that the kernel promises this for: user space may then know that no program still uses what was there before.
 */
export function waitForPrograms(): void {
  using inner = BpfMap.create({ ...array, name: 'lbx_wait_inner' });
  using outer = BpfMap.create({
    ...array,
    name: 'lbx_wait',
    type: 'hash_of_maps',
    innerSpec: array,
  });
  outer.setInner(new Uint8Array(4), inner);
}

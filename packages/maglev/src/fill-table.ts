import { createLastSlots } from './last-slots.ts';

/**
 * The filling of a Maglev table (Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer",
 * NSDI 2016, section 3.4). Backend i prefers the slots offset, offset + skip, offset + 2 skip, ... modulo the size.
 * The backends take turns; each turn takes the next preferred slot that is still free. That slot is found by adding,
 * so nothing overflows and no permutation is ever stored; the last few slots, which would take half of all steps, are
 * found by {@link createLastSlots}.
 */
export interface FillState {
  /** For each backend the slot that it prefers next; starts as its offset. Changed by the filling. */
  readonly position: Int32Array;
  /** For each backend, 1 .. size - 1. */
  readonly skip: Int32Array;
  /** For each slot 0; becomes 1 when it is taken. One byte each stays in the cache where the table does not. */
  readonly taken: Uint8Array;
}

/** Backends take turns in their order. */
export function fillEqually(table: Uint32Array, ids: Uint32Array, count: number, state: FillState): void {
  const { position, skip, taken } = state;
  const size = table.length;
  const last = createLastSlots(table, ids, count, state);
  let n = 0;
  let i = 0;
  for (; n < size - last.count; n++) {
    // Step forward is step back by the complement; the mask then wraps below zero without a branch to mispredict.
    const back = skip[i]! - size;
    let slot = position[i]!;
    while (taken[slot] !== 0) {
      slot += back;
      slot += size & (slot >> 31);
    }
    taken[slot] = 1;
    table[slot] = ids[i]!;
    slot += back;
    position[i] = slot + (size & (slot >> 31));
    if (++i === count) i = 0;
  }
  for (last.begin(); n < size; n++) {
    last.take(i);
    if (++i === count) i = 0;
  }
}

/**
 * Backends take turns, but one whose share is used up is passed over: slot n (from 0) asks first backend n modulo
 * count, and a backend takes it if (n + 1) * weight has reached its counter. The counter begins at weight / count, so
 * that each backend gets at least one slot of a large table, and grows by the sum of the weights with each slot taken.
 * Cilium keeps the fraction of the beginning and drops it in each comparison; dropped at once it is the same.
 */
export function fillByWeight(
  table: Uint32Array,
  ids: Uint32Array,
  count: number,
  state: FillState,
  weights: Float64Array,
  counters: Float64Array,
): void {
  const { position, skip, taken } = state;
  const size = table.length;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += weights[i]!;
    counters[i] = Math.floor(weights[i]! / count);
  }
  const last = createLastSlots(table, ids, count, state);
  let n = 0;
  let first = 0;
  for (; n < size - last.count; n++) {
    let i = first;
    while ((n + 1) * weights[i]! < counters[i]!) if (++i === count) i = 0;
    counters[i]! += sum;
    const back = skip[i]! - size;
    let slot = position[i]!;
    while (taken[slot] !== 0) {
      slot += back;
      slot += size & (slot >> 31);
    }
    taken[slot] = 1;
    table[slot] = ids[i]!;
    slot += back;
    position[i] = slot + (size & (slot >> 31));
    if (++first === count) first = 0;
  }
  for (last.begin(); n < size; n++) {
    let i = first;
    while ((n + 1) * weights[i]! < counters[i]!) if (++i === count) i = 0;
    counters[i]! += sum;
    last.take(i);
    if (++first === count) first = 0;
  }
}

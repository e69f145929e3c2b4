/**
 * Gives each member of a set the slot that it has already, so that what is written depends on what changed and not on how
 * many backends there are: new members take the slots of those that went, and the last ones move into what is left free.
 * The first `count` slots are for the first `count` members, which get new flows; the others come behind them.
 *
 * @param ids backend ids of the members.
 * @param before backend ids by slot, as the maps have them: `before[0]` is slot 1.
 * @returns for each slot the index of its member in `ids`.
 */
export function slotOrder(ids: readonly number[], count: number, before: readonly number[]): number[] {
  const slotOf = new Map<number, number>();
  for (const [slot, id] of before.entries()) if (!slotOf.has(id)) slotOf.set(id, slot);
  const order = new Array<number>(ids.length).fill(-1);
  for (const [from, to] of [
    [0, count],
    [count, ids.length],
  ] as const) {
    const moved: number[] = [];
    for (let member = from; member < to; member++) {
      const slot = slotOf.get(ids[member]!);
      if (slot !== undefined && slot >= from && slot < to) order[slot] = member;
      else moved.push(member);
    }
    let free = from;
    for (const member of moved) {
      while (order[free] !== -1) free++;
      order[free] = member;
    }
  }
  return order;
}

import { BpfMap } from 'libbpf-ts';
import { hashTransfer } from './hash-transfer.ts';
import type { Bytes, Source } from './source.ts';
import type { Transfer } from './transfer.ts';

/** Inner maps that are open at once. */
const chunk = 256;

/** Maps of maps: the same inner maps under the same keys. */
export const innerMapsTransfer: Transfer = { ...hashTransfer, fill: shareInnerMaps };

export function shareInnerMaps(from: Source, to: BpfMap): void {
  let some: Bytes[] = [];
  const flush = () => {
    const open = new Map<number, BpfMap>();
    try {
      for (const [, value] of some) {
        const id = idOf(value);
        if (!open.has(id)) open.set(id, BpfMap.fromId(id));
      }
      const keys = Buffer.concat(some.map(([key]) => key));
      const fds = Uint32Array.from(some, ([, value]) => open.get(idOf(value))?.fd ?? 0);
      if (some.length > 0) to.updateBatch(keys, new Uint8Array(fds.buffer));
    } finally {
      for (const inner of open.values()) inner.close();
      some = [];
    }
  };
  for (const entry of from.entries()) if (some.push(entry) === chunk) flush();
  flush();
}

const idOf = (value: Uint8Array) => new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true);

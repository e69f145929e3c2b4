import type { AnyLayout } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { copyEntries } from './copy-entries.ts';
import { findField } from './field-offset.ts';
import { hashTransfer } from './hash-transfer.ts';
import type { Source } from './source.ts';
import type { Transfer } from './transfer.ts';

/** Members of values that say when they were used last: `last_used` in seconds, `seen` in jiffies. */
const times = [
  {
    name: 'last_used',
    isLater: (a: DataView, b: DataView, at: number) => a.getBigUint64(at, true) > b.getBigUint64(at, true),
  },
  {
    name: 'seen',
    isLater: (a: DataView, b: DataView, at: number) =>
      ((a.getUint32(at, true) - b.getUint32(at, true)) | 0) > 0,
  },
];

/**
 * Tables that programs write and forget the oldest of: affinity, ports of fragments, names of peers. Where both maps
 * have a key, the value that was used last is right.
 */
export function lruTransfer(layout: AnyLayout | undefined): Transfer {
  const time = times.flatMap(({ name, isLater }) => {
    const at = layout && findField(layout.value, name)?.offset;
    return at === undefined ? [] : [(a: DataView, b: DataView) => isLater(a, b, at)];
  })[0];
  return {
    ...hashTransfer,
    fill(from, to) {
      copyEntries(from.entries(), to);
    },
    follow(from: Source, to: BpfMap) {
      const there = to.bind();
      const now = viewOf(there.value);
      for (const [key, value] of from.entries()) {
        there.key.set(key);
        const isNew = !there.lookup();
        if (!isNew && (time === undefined || !time(viewOf(value), now))) continue;
        there.value.set(value);
        putUnless(there, isNew);
      }
    },
  };
}

/** A program may make the same entry in this moment: then its own is the later one. */
function putUnless(entry: { update(flag: 'any' | 'noexist'): void }, isNew: boolean): void {
  try {
    entry.update(isNew ? 'noexist' : 'any');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
  }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

import { LbxRev4, LbxRev6, REV_WAYS } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { indexOf } from './array-transfer.ts';
import { copyEntries } from './copy-entries.ts';
import { fieldOf, isSame, offsetIn } from './field-offset.ts';
import { type FlowAge, isLater } from './flow-age.ts';
import { viewOf } from './flow-records.ts';
import type { Bytes, Source } from './source.ts';
import type { Transfer } from './transfer.ts';

/** Of struct lbx_rev_bucket in bpf/include/lbx/reverse.h: tags, version, and then the entries. */
const head = 64;
const versionAt = 4 * REV_WAYS;

/** What an entry is about; the rest is what was seen of it. */
const names = ['client_addr', 'client_port', 'vip_addr', 'vip_port', 'proto', 'backend_addr', 'backend_port'];

/**
 * Reply halves by SNAT port. Element n is the port `first` + n, so that a range which begins elsewhere moves them.
 *
 * In `follow` a bucket is read and written as a whole, beside programs that change it. What a program does to the same
 * bucket in the microsecond in between is undone; only buckets that both maps have changed within the last moments are
 * written at all, and a flow that loses its reply half so gets it back, on the same port, with its next request.
 */
export function reverseTransfer(family: 4 | 6, age: () => FlowAge): Transfer {
  const entry = family === 4 ? LbxRev4 : LbxRev6;
  const [flagsAt, seenAt, protoAt] = [
    offsetIn(entry, 'flags'),
    offsetIn(entry, 'last_seen'),
    offsetIn(entry, 'proto'),
  ];
  const identity = names.map((name) => fieldOf(entry, name));
  const tag = (bucket: DataView, way: number) => bucket.getUint32(4 * way, true);
  const at = (way: number) => head + way * entry.size;
  const seen = (bucket: DataView, way: number) => bucket.getUint32(at(way) + seenAt, true);
  const lives = (bucket: Uint8Array, way: number, now: FlowAge) => {
    const view = viewOf(bucket);
    const start = at(way);
    return (
      tag(view, way) !== 0 &&
      !now.isOver(bucket[start + protoAt] ?? 0, bucket[start + flagsAt] ?? 0, seen(view, way))
    );
  };
  const ways = Array.from({ length: REV_WAYS }, (_, way) => way);

  /** Buckets with anything in them that lives, and the ports that they are of. */
  function* used(from: Source): IterableIterator<readonly [port: number, bucket: Uint8Array]> {
    const now = age();
    for (const [key, bucket] of from.entries())
      if (ways.some((way) => lives(bucket, way, now))) yield [from.first + indexOf(key), bucket];
  }
  /** Brings what `from` knows of its ways into `to`; false when that knew all of it. */
  const join = (from: Uint8Array, to: Uint8Array, now: FlowAge): boolean => {
    const [source, target] = [viewOf(from), viewOf(to)];
    let changed = false;
    for (const way of ways) {
      if (!lives(from, way, now)) continue;
      // Its request half says in which way it is: elsewhere it would not be found.
      const start = at(way);
      if (lives(to, way, now)) {
        const isSameFlow = identity.every((field) => isSame(from, to, field, start));
        const flags = (from[start + flagsAt] ?? 0) | (to[start + flagsAt] ?? 0);
        if (!isSameFlow || (!isLater(seen(source, way), seen(target, way)) && flags === to[start + flagsAt]))
          continue;
        if (isLater(seen(source, way), seen(target, way)))
          to.set(from.subarray(start, start + entry.size), start);
        to[start + flagsAt] = flags;
      } else {
        // No two ways of a bucket are for the same backend.
        if (ways.some((other) => tag(target, other) === tag(source, way) && lives(to, other, now))) continue;
        to.set(from.subarray(start, start + entry.size), start);
        for (const other of ways)
          if (tag(target, other) === tag(source, way)) target.setUint32(4 * other, 0, true);
        target.setUint32(4 * way, tag(source, way), true);
      }
      changed = true;
    }
    return changed;
  };

  return {
    fits(from, { maxEntries, first }) {
      let count = 0;
      let fits = true;
      for (const [port] of used(from)) {
        count++;
        if (port < first || port >= first + maxEntries) fits = false;
      }
      return { used: count, fits };
    },
    fill(from, to, first) {
      const moved = function* (): IterableIterator<Bytes> {
        for (const [port, bucket] of used(from)) {
          const index = port - first;
          if (index < 0 || index >= to.maxEntries) continue;
          const copy = new Uint8Array(bucket);
          // It may have been read while it was written.
          viewOf(copy).setUint32(versionAt, viewOf(copy).getUint32(versionAt, true) & ~1, true);
          yield [keyOf(index), copy];
        }
      };
      copyEntries(moved(), to);
    },
    follow(from, to: BpfMap, first) {
      const now = age();
      for (const [port, bucket] of used(from)) {
        const index = port - first;
        if (index < 0 || index >= to.maxEntries) continue;
        const there = to.get(keyOf(index));
        if (there === undefined || (viewOf(there).getUint32(versionAt, true) & 1) !== 0) continue;
        if (!join(bucket, there, now)) continue;
        viewOf(there).setUint32(versionAt, viewOf(there).getUint32(versionAt, true) + 2, true);
        to.set(keyOf(index), there);
      }
    },
  };
}

const keyOf = (index: number) => new Uint8Array(Uint32Array.of(index).buffer);

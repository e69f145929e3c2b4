import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BpfMap, type MapSpec } from 'libbpf-ts';
import type { Undo } from '../undo.ts';
import type { FlowAge } from './handover/flow-age.ts';
import { assertFits, exchangePins, fill, follow, type Handover } from './handover/handover.ts';
import { openMapRecords } from './handover/map-records.ts';
import { type LayoutHistory, layoutHistory, layoutVersion } from './handover/older-layouts.ts';
import { compare, findStrays, type MapWish } from './handover/predecessor.ts';
import { type Source, sourceOf } from './handover/source.ts';
import { transferOf } from './handover/transfer.ts';
import { waitForPrograms } from './handover/wait-for-programs.ts';
import { pinMismatch } from './pin-mismatch.ts';

/** How a map is opened, besides its spec. */
export interface OpenMap extends MapWish {
  /** The option that its size follows from. */
  readonly option: string;
  /** What it holds may be lost when it is made smaller. */
  readonly mayLose?: boolean;
}

/** The maps of a load balancer, shared by its objects under their names. */
export interface PinnedMaps {
  readonly byName: ReadonlyMap<string, BpfMap>;
  /**
   * The pinned map of that spec, if there is one. One of another size, or of an older layout, is not given: whoever asks
   * makes the map anew, and `add` fills it with what the old one has.
   * @throws CoreError `LBX_PIN_MISMATCH`, `LBX_MAP_TOO_SMALL`.
   */
  open(spec: MapSpec, how: OpenMap): BpfMap | undefined;
  /** Takes over a map that was just made, and pins it; beside the old one where there is one, until `commit`. */
  add(name: string, map: BpfMap): void;
  /** What is pinned under `pin`, a flow table of the other kind, goes into the map `name`. The pin is left to the caller. */
  inherit(pin: string, name: string, option: string): void;
  /** Is it one of ours, or one that ours takes over from? */
  isOurs(id: number): boolean;
  /**
   * To be called when the programs on these maps are attached everywhere: takes what programs have written meanwhile
   * from the maps before, and then their pins. `undo` gives those back.
   */
  commit(undo: Undo): void;
  close(): void;
}

export interface PinnedMapsOptions {
  /** bpffs folder, or false for no pins. */
  readonly folder: string | false;
  /** Takes the pins back that were made here; what was pinned before stays. */
  readonly undo: Undo;
  /** Tells which flows are over. */
  readonly age: () => FlowAge;
  readonly history?: LayoutHistory;
}

export function createPinnedMaps(options: PinnedMapsOptions): PinnedMaps {
  const { folder, undo, age, history = layoutHistory } = options;
  const byName = new Map<string, BpfMap>();
  const records = openMapRecords(folder, (map) => undo.defer(() => map.unpin()));
  const wishes = new Map<string, MapWish>();
  const handovers = new Map<string, Handover>();
  const old: BpfMap[] = [];

  const openOld = (path: string, name: string): BpfMap => {
    try {
      const map = BpfMap.openPinned(path, { name });
      old.push(map);
      return map;
    } catch (error) {
      const { code, message } = error as { code?: unknown; message: string };
      if (code !== 'LBX_WRONG_KIND') throw error;
      throw pinMismatch(path, message, { cause: error });
    }
  };
  const source = (path: string, spec: MapSpec, wish: MapWish): { source: Source; isSame: boolean } => {
    const map = openOld(path, spec.name);
    const record = records.get(map);
    const { older, isSame } = compare(map, path, spec, wish, record, history);
    return { source: sourceOf(map, record?.first ?? wish.first, older), isSame };
  };

  return {
    byName,
    open(given, how) {
      const known = byName.get(given.name);
      if (known !== undefined || folder === false) return known;
      const spec = { ...given, maxEntries: how.size };
      const { name } = spec;
      wishes.set(name, how);
      const path = join(folder, name);
      if (!existsSync(path)) return undefined;
      const pinned = source(path, spec, how);
      const strays = findStrays(path);
      const others = strays.map((stray) => source(stray, spec, how).source);
      const transfer = transferOf(spec, age);
      if (pinned.isSame) {
        const { map } = pinned.source;
        old.splice(old.indexOf(map), 1);
        byName.set(name, map);
        if (strays.length > 0)
          handovers.set(name, {
            spec,
            transfer,
            sources: others,
            first: how.first,
            path,
            strays,
            successor: map,
          });
        return map;
      }
      const sources = [pinned.source, ...others];
      const handover: Handover = { spec, transfer, sources, first: how.first, path, strays };
      if (how.mayLose !== true) assertFits(handover, how.option);
      handovers.set(name, handover);
      return undefined;
    },
    add(name, map) {
      byName.set(name, map);
      if (folder === false) return;
      const path = join(folder, name);
      const handover = handovers.get(name);
      records.set(map, { version: layoutVersion(history, name), first: wishes.get(name)?.first ?? 0 });
      // A colon, because bpffs takes no dots.
      const pin = handover === undefined ? path : `${path}:${map.id}`;
      map.pin(pin);
      undo.defer(() => map.unpin(pin));
      if (handover === undefined) return;
      fill(handover, map);
      handover.successor = map;
      handover.waiting = pin;
    },
    inherit(pin, name, option) {
      const to = byName.get(name);
      if (folder === false || to === undefined) return;
      const path = join(folder, pin);
      const strays = findStrays(path);
      const sources = [...(existsSync(path) ? [path] : []), ...strays].map((one) =>
        sourceOf(openOld(one, pin)),
      );
      if (sources.length === 0) return;
      const spec = { ...to.info(), name } as unknown as MapSpec;
      const transfer = transferOf(spec, age);
      const handover: Handover = { spec, transfer, sources, first: 0, path, strays, successor: to };
      assertFits(handover, option);
      // Joined, not copied: a process that died may have left both, with programs on either.
      for (const source of sources) transfer.follow?.(source, to, 0);
      handovers.set(`${pin} to ${name}`, handover);
    },
    isOurs: (id) => [...byName.values(), ...old].some((map) => map.id === id),
    commit(undoCommit) {
      const ready = [...handovers.values()].filter(({ successor }) => successor !== undefined);
      if (ready.length === 0) return;
      // The hooks have their new programs. Runs of the old ones may still be under way; after these, nobody writes the old
      // maps any more, and what they hold is final: one more pass over them misses nothing.
      waitForPrograms();
      for (const handover of ready) follow(handover);
      // First, so that it is taken back last: the pins of old maps are given back by these.
      undoCommit.defer(
        () => {},
        () => {
          for (const map of old.splice(0)) map.close();
        },
      );
      for (const handover of ready) exchangePins(handover, undoCommit);
      handovers.clear();
      records.keep([...byName.values(), ...old]);
    },
    close() {
      for (const map of [...byName.values(), ...old.splice(0)]) map[Symbol.dispose]();
      byName.clear();
      records.close();
    },
  };
}

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AnyLayout,
  FLOW_SECRET_WORDS,
  flowCatalog,
  flowSecretElement,
  flowSecretOf,
  flowSet4,
  flowSet6,
  flowSetElements,
} from '@lbx/maps';
import { BpfMap, type MapSpec } from 'libbpf-ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';
import { howToOpen } from './how-to-open.ts';
import type { LoadSettings } from './load-objects.ts';
import type { PinnedMaps } from './pinned-maps.ts';
import type { Variables } from './variables.ts';

const families = [4, 6] as const;
const shapes = { 4: flowSet4, 6: flowSet6 };
/** The programs' numbers of the kinds. */
const kinds = { lru: 0, buckets: 1 } as const;

/** Names of the maps that the other kind of flow table would have. The programs declare them; nothing is in them. */
export function unusedFlowMaps({ flowTable }: Pick<ResolvedOptions, 'flowTable'>): readonly string[] {
  return families.map((family) => (flowTable === 'lru' ? `lbx_flow_set${family}` : `lbx_flow${family}`));
}

/** Sizes of the maps of both kinds. */
export function flowMapSizes({ flowTable, flows }: ResolvedOptions): Record<string, number> {
  const [lru, set] = flowTable === 'lru' ? [flows, 1] : [1, flowSetElements(flows)];
  return { lbx_flow4: lru, lbx_flow6: lru, lbx_flow_set4: set, lbx_flow_set6: set };
}

/**
 * Opens the buckets of these families, or makes them, before programs are loaded: their hash is keyed by a secret that is
 * drawn with the first of them, lies beside the flows, and is fixed in the programs.
 */
export function openFlowSets(options: ResolvedOptions, settings: LoadSettings, maps: PinnedMaps): void {
  if (options.flowTable !== 'buckets') return;
  const specs = families.map((family) => [family, specOf(family, options)] as const);
  const there = new Map(
    specs.map(([family, spec]) => [family, maps.open(spec, howToOpen(spec, settings))] as const),
  );
  const secret = secretIn(there) ?? [...crypto.getRandomValues(new BigUint64Array(FLOW_SECRET_WORDS))];
  for (const [family, spec] of specs) {
    if (there.get(family) !== undefined || !options.families.includes(family)) continue;
    const map = BpfMap.create(spec);
    map.set(indexKey(map.maxEntries - 1), flowSecretElement(secret, shapes[family]));
    maps.add(spec.name, map);
  }
}

/** Settings that follow from the kind of table and what is in it. */
export function flowVariables({ flowTable }: ResolvedOptions, maps: ReadonlyMap<string, BpfMap>): Variables {
  const sets = new Map(families.map((family) => [family, maps.get(`lbx_flow_set${family}`)] as const));
  const buckets = (family: 4 | 6) => Math.max(1, (sets.get(family)?.maxEntries ?? 1) - 1);
  const secret = BigUint64Array.from(secretIn(sets) ?? new Array<bigint>(FLOW_SECRET_WORDS).fill(0n));
  return {
    lbx_flow_table: kinds[flowTable],
    lbx_flow_buckets4: buckets(4),
    lbx_flow_buckets6: buckets(6),
    lbx_flow_secret: new Uint8Array(secret.buffer),
    // x86 keeps the order of loads and of stores.
    lbx_weak_order: process.arch === 'x64' ? 0 : 1,
  };
}

/** Flows that an earlier process kept in the other kind of table go into this one. */
export function inheritFlows(options: ResolvedOptions, maps: PinnedMaps): void {
  unusedFlowMaps(options).forEach((unused, i) => {
    maps.inherit(
      unused,
      `${options.flowTable === 'lru' ? 'lbx_flow' : 'lbx_flow_set'}${families[i]}`,
      'flows',
    );
  });
}

/** Lets go of what an earlier process with the other kind of table has left; programs of these options are attached. */
export function removeUnusedFlowMaps(options: ResolvedOptions): void {
  if (options.pins === false) return;
  for (const name of unusedFlowMaps(options)) rmSync(join(options.pins, name), { force: true });
}

function secretIn(sets: ReadonlyMap<4 | 6, BpfMap | undefined>): readonly bigint[] | undefined {
  for (const map of sets.values()) {
    const element = map?.get(indexKey(map.maxEntries - 1));
    if (element !== undefined) return flowSecretOf(element);
  }
  return undefined;
}

function specOf(family: 4 | 6, options: ResolvedOptions): MapSpec {
  const layout: AnyLayout = flowCatalog[`lbx_flow_set${family}`];
  const { name, type, flags, valueSize } = layout;
  const maxEntries = options.maxEntries[name] ?? flowSetElements(options.flows);
  return { name, type, flags, keySize: layout.key.size, valueSize, maxEntries };
}

function indexKey(index: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(index).buffer);
}

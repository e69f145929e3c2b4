import { manifest, readObject } from '@lbx/bpf';
import { type AnyLayout, flowCatalog } from '@lbx/maps';
import { type BpfObject, load } from 'libbpf-ts';
import { type LoadSettings, loadObject } from '../load/load-objects.ts';
import type { PinnedMaps } from '../load/pinned-maps.ts';
import type { FlowTimeouts } from '../options/options.ts';
import { createBucketSweep } from './bucket-sweep.ts';
import { createFlowSweep, type FlowClock } from './flow-sweep.ts';
import type { Sweep, Sweeps } from './sweeper.ts';

/** Sweeps over the flow tables that there are. The settings are theirs alone: so are the maps that are loaded for them only. */
export function openSweeps(
  maps: PinnedMaps,
  settings: LoadSettings,
  hz: number,
  timeouts: Required<FlowTimeouts>,
): Sweeps {
  const sweeps: Sweep[] = [];
  const opened: BpfObject[] = [];
  for (const family of [4, 6] as const) {
    const object = `sweep${family}`;
    const reverse = maps.byName.get(`lbx_rev${family}`);
    if (reverse === undefined || !Object.hasOwn(manifest.objects, object)) continue;
    const loaded = loadObject(object, settings, maps);
    opened.push(loaded);
    sweeps.push(createBucketSweep(loaded.program(`lbx_sweep_rev${family}`), reverse));
    const flows = maps.byName.get(`lbx_flow_set${family}`);
    if (flows !== undefined) sweeps.push(createBucketSweep(loaded.program(`lbx_sweep_flow${family}`), flows));
  }
  const probe = load(readObject('probe'));
  opened.push(probe);
  const clock = clockOf(probe, hz);
  for (const name of ['lbx_flow4', 'lbx_flow6']) {
    const map = maps.byName.get(name);
    const layout = (flowCatalog as Readonly<Record<string, AnyLayout>>)[name];
    if (map?.type !== 'lru_hash' || layout === undefined) continue;
    sweeps.push(createFlowSweep(map, clock, timeouts, layout as never));
  }
  return {
    all: sweeps,
    close() {
      for (const object of opened) object.close();
      for (const map of settings.ownMaps.values()) map.close();
    },
  };
}

/** The kernel's clock that flows are dated by. */
function clockOf(probe: BpfObject, hz: number): FlowClock {
  const program = probe.program('lbx_probe_jiffies');
  const data = new Uint8Array(64);
  return { hz, jiffies: () => program.testRun({ data }).retval >>> 0 };
}

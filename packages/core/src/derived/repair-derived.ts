import { BackendMetaFlag, LbxBackendMeta } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { type BackendMetaKeeper, exists } from './backend-meta.ts';
import type { KernelGate } from './gate.ts';
import type { TrackedBackends } from './tracked-backends.ts';

/** Elements that are compared at once: less than a millisecond. */
const slice = 1024;

/** Puts right what somebody else has changed in the gate, in slices; gives how many words each had to write. */
export function* repairGate(map: BpfMap, gate: KernelGate): Generator<number, void> {
  for (const { keys, values, count } of map.readBatches(slice) ?? []) {
    const [keyView, valueView] = [viewOf(keys), viewOf(values)];
    const words = function* () {
      for (let i = 0; i < count; i++)
        yield [keyView.getUint32(4 * i, true), valueView.getBigUint64(8 * i, true)] as const;
    };
    yield gate.repair(words());
  }
}

/** The same of the metadata of backends: which exist, and which are on this node. */
export function* repairMeta(
  map: BpfMap,
  keeper: BackendMetaKeeper,
  families: readonly Pick<TrackedBackends, 'placeOf' | 'restore'>[],
): Generator<number, void> {
  const { size } = LbxBackendMeta;
  for (const { keys, values, count } of map.readBatches(slice) ?? []) {
    const keyView = viewOf(keys);
    let repaired = 0;
    for (let i = 0; i < count; i++) {
      const id = keyView.getUint32(4 * i, true);
      const owner = families.find(({ placeOf }) => placeOf(id) !== undefined);
      const meta = LbxBackendMeta.decode(values.subarray(i * size, (i + 1) * size));
      if (owner === undefined) {
        if (!exists(meta)) continue;
        keeper.removing(id);
      } else {
        const isLocal = (meta.flags & BackendMetaFlag.local) !== 0;
        if (exists(meta) && isLocal === (owner.placeOf(id) === 'local')) continue;
        owner.restore(id);
      }
      repaired++;
    }
    yield repaired;
  }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

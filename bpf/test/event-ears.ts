import {
  flowCatalog,
  LbxEvent,
  type LbxEventListener,
  LbxEventStats,
  REASON_COUNT,
  type ReasonName,
  reasons,
} from '@lbx/maps';
import { BpfMap, type BpfObject, RingBuffer } from 'libbpf-ts';

export interface Wishes extends Partial<Omit<LbxEventListener, 'oneIn'>> {
  /** Reasons (all) and their sampling (1). */
  readonly reasons?: readonly ReasonName[];
  readonly oneIn?: number;
  readonly slot?: number;
  readonly ringBytes?: number;
}

/** A listener to the events of an object, straight on the maps. */
export interface Ears extends Disposable {
  /** What it was told since the last call. */
  heard(): LbxEvent[];
  /** Of one reason, on each CPU. */
  stats(reason: ReasonName): LbxEventStats[];
}

const all = reasons.map(({ name }) => name);
const idOf = (name: ReasonName) => reasons.find((reason) => reason.name === name)!.id;
const never = 2n ** 63n;

export function listen(object: BpfObject, wishes: Wishes = {}): Ears {
  const { slot = 0, oneIn = 1, ringBytes = 1 << 18, until = never, address = '::', mask = '::' } = wishes;
  const ids = (wishes.reasons ?? all).map(idOf);
  const ringMap = BpfMap.create({ type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: ringBytes });
  const ring = new RingBuffer(ringMap);
  const slotKey = flowCatalog.lbx_event_listeners.key.encode({ listener: slot });
  const setListener = (value: LbxEventListener) =>
    object
      .map('lbx_event_listeners')
      .set(slotKey, flowCatalog.lbx_event_listeners.value.encode(value, { listener: slot }));
  const setRules = (isOn: boolean) => {
    for (const id of ids) {
      const key = flowCatalog.lbx_event_rules.key.encode({ reason: id });
      const bits = new Uint32Array(object.map('lbx_event_rules').get(key)!.slice().buffer);
      bits[0] = isOn ? bits[0]! | (1 << slot) : bits[0]! & ~(1 << slot);
      object.map('lbx_event_rules').set(key, new Uint8Array(bits.buffer));
    }
  };
  const statsKey = (id: number) =>
    flowCatalog.lbx_event_stats.key.encode({ place: slot * REASON_COUNT + id });
  for (const { id } of reasons) {
    const stats = object.map('lbx_event_stats');
    stats.set(statsKey(id), new Uint8Array(stats.valueBytes));
  }
  object.map('lbx_events').setInner(slotKey, ringMap);
  const sampling = Array.from({ length: REASON_COUNT }, (_, id) => (ids.includes(id) ? oneIn : 0));
  setListener({ until, address, mask, oneIn: sampling });
  setRules(true);
  return {
    heard() {
      const events: LbxEvent[] = [];
      ring.drain((record) => events.push(LbxEvent.decode(record.slice())));
      return events;
    },
    stats: (reason) =>
      object
        .map('lbx_event_stats')
        .perCpu(statsKey(idOf(reason)))!
        .map((value) => LbxEventStats.decode(value)),
    [Symbol.dispose]() {
      setRules(false);
      setListener({ until: 0n, address: '::', mask: '::', oneIn: new Array(REASON_COUNT).fill(0) });
      object.map('lbx_events').delete(slotKey);
      ring.close();
      ringMap.close();
    },
  };
}

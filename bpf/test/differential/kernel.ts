import { type ObjectName, readObject } from '@lbx/bpf';
import { type AnyLayout, type Family, flowCatalog, snatPrime } from '@lbx/maps';
import { parseIpv4, parseIpv6 } from '@lbx/testing';
import {
  type BpfMap,
  type BpfObject,
  type BpfProgram,
  load,
  type NewMap,
  type VariableValue,
} from 'libbpf-ts';
import { parseObject } from 'libbpf-ts/elf';
import {
  type FlowMap,
  type FlowTableKind,
  flowMapSizes,
  flowSettings,
  flowTableKind,
  openFlowMap,
} from '../flow-map.ts';
import { hertz } from '../xdp-lab.ts';
import { createNode, type Node } from './node.ts';
import { type Device, families, type Place, places, vlans } from './place.ts';

export const MAGLEV_SIZE = 251;
/** A session has some dozens of flows; all tables are read again and again. */
const FLOWS = 8192;
export const SNAT_PORTS = [40_000, 40_299] as const;

export interface KernelOptions {
  /** Addresses of the node and its neighbours. */
  readonly where?: Readonly<Record<Family, Place>>;
  readonly algorithm?: 'random' | 'maglev';
  /** Entries of a Maglev table (MAGLEV_SIZE). */
  readonly maglevSize?: number;
  readonly derived?: boolean;
  readonly gate?: boolean;
  readonly gateWords?: number;
  readonly wildcards?: boolean;
  readonly snatPorts?: readonly [number, number];
  /** Where flows are kept; `flowTableKind` unless given. */
  readonly flowTable?: FlowTableKind;
  readonly variables?: Readonly<Record<string, VariableValue>>;
}

/** All programs of both families, on one set of maps, at a device of a node. */
export interface Kernel extends Disposable {
  readonly node: Node;
  program(name: 'lbx_xdp' | 'lbx_tc_ingress' | 'lbx_tc_egress'): BpfProgram;
  has(map: string): boolean;
  map(name: string): BpfMap;
  /** The flow tables, whichever kind they are. */
  readonly flows: Readonly<Record<Family, FlowMap>>;
  /** Reads one entry. */
  get<K, V>(layout: NamedLayout, key: K): V | undefined;
  set<K, V>(layout: NamedLayout, key: K, value: V): void;
  delete<K>(layout: NamedLayout, key: K): boolean;
  entries<K, V>(layout: NamedLayout): [K, V][];
}

export type NamedLayout = AnyLayout & { readonly name: string };

const OBJECTS: readonly ObjectName[] = ['xdp4', 'xdp6', 'tc4', 'tc6'];

export function createKernel(options: KernelOptions): Kernel {
  const { where = places } = options;
  const stack = new DisposableStack();
  try {
    const node = stack.use(createNode(where));
    const maps = new Map<string, BpfMap>();
    const objects = OBJECTS.map((name) => stack.use(loadObject(name, options, maps)));
    const [xdp, , tc] = objects as [BpfObject, BpfObject, BpfObject];
    // A device's receive queue is only known to test runs while an XDP program is attached to it.
    for (const ifindex of Object.values(node.ifindex))
      stack.use(xdp.program('lbx_xdp').attachXdp({ ifindex, mode: 'native' }));
    const kernel = createAccess(maps, options.flowTable ?? flowTableKind, {
      node,
      program: (name) => (name === 'lbx_xdp' ? xdp : tc).program(name),
      [Symbol.dispose]: () => stack.dispose(),
    });
    for (const [vlan, of] of Object.entries(vlans)) {
      for (const [device, own] of Object.entries(of) as [Device, Device][])
        kernel.set(
          flowCatalog.lbx_vlans,
          { ifindex: node.ifindex[device], vlan: Number(vlan) },
          { ifindex: node.ifindex[own] },
        );
    }
    return kernel;
  } catch (error) {
    stack.dispose();
    throw error;
  }
}

/** Loads an object on the maps that are there already under the same names, and adds its own. */
function loadObject(name: ObjectName, options: KernelOptions, maps: Map<string, BpfMap>): BpfObject {
  const bytes = readObject(name);
  const spec = parseObject(bytes);
  const settings = variablesOf(options);
  const own = [...spec.maps.values()].filter(
    (map) => map.section === undefined && !map.name.startsWith('lbx_scratch'),
  );
  const sizes = sizesOf(options);
  const object = load(bytes, {
    variables: Object.fromEntries(Object.entries(settings).filter(([key]) => spec.variables.has(key))),
    maps: Object.fromEntries(
      own.flatMap((map): [string, object][] => {
        const there = maps.get(map.name);
        if (there) return [[map.name, { reuse: there }]];
        const size = sizes[map.name];
        if (map.name.endsWith('_maglev')) return [[map.name, { innerSpec: innerOf(options) }]];
        return size === undefined ? [] : [[map.name, { maxEntries: size }]];
      }),
    ),
  });
  for (const map of own) if (!maps.has(map.name)) maps.set(map.name, object.map(map.name));
  return object;
}

function innerOf({ maglevSize = MAGLEV_SIZE }: KernelOptions): NewMap {
  return { type: 'array', keySize: 4, valueSize: maglevSize * 4, maxEntries: 1 };
}

function sizesOf({
  gateWords = 1024,
  snatPorts = SNAT_PORTS,
  flowTable = flowTableKind,
}: KernelOptions): Record<string, number> {
  const ports = snatPorts[1] - snatPorts[0] + 1;
  const flowSizes = families.map((family) => flowMapSizes(flowTable, family, FLOWS));
  return {
    ...Object.fromEntries(
      flowSizes.flatMap((sizes) => Object.entries(sizes).map(([name, { maxEntries }]) => [name, maxEntries])),
    ),
    lbx_gate: gateWords,
    lbx_backend_meta: 4096,
    lbx_backend_hops: 4096,
    lbx_rev4: ports,
    lbx_rev6: ports,
  };
}

function variablesOf(options: KernelOptions): Record<string, VariableValue> {
  const {
    where = places,
    maglevSize = MAGLEV_SIZE,
    gate = true,
    gateWords = 1024,
    derived = true,
    wildcards = true,
    snatPorts = SNAT_PORTS,
    flowTable = flowTableKind,
  } = options;
  return {
    ...flowSettings(flowTable, FLOWS),
    lbx_hz: hertz(),
    lbx_gate_on: gate,
    lbx_gate_mask: gateWords * 64 - 1,
    lbx_derived_on: derived,
    lbx_wildcards_on: wildcards,
    lbx_snat_addr4: addressBytes(where[4].node),
    lbx_snat_addr6: addressBytes(where[6].node),
    lbx_snat_min: snatPorts[0],
    lbx_snat_max: snatPorts[1],
    lbx_snat_prime: snatPrime(snatPorts[1] - snatPorts[0] + 1),
    lbx_algorithm: options.algorithm === 'maglev' ? 2 : 1,
    lbx_maglev_size: maglevSize,
    // How many errors a second may bring is a matter of time, which plays no part here.
    lbx_icmp_per_second: 0xffff_ffff,
    ...options.variables,
  };
}

function createAccess(
  maps: ReadonlyMap<string, BpfMap>,
  flowTable: FlowTableKind,
  kernel: Pick<Kernel, 'node' | 'program' | typeof Symbol.dispose>,
): Kernel {
  const map = (name: string) => maps.get(name)!;
  const flows = { 4: openFlowMap({ map }, 4, flowTable), 6: openFlowMap({ map }, 6, flowTable) };
  const entriesOf = (name: string): FlowMap =>
    name === 'lbx_flow4' ? flows[4] : name === 'lbx_flow6' ? flows[6] : map(name);
  const read = (layout: NamedLayout, value: Uint8Array, key: unknown) =>
    layout.value.get(new DataView(value.buffer, value.byteOffset, value.byteLength), 0, key);
  return {
    ...kernel,
    has: (name) => maps.has(name),
    map,
    flows,
    get(layout, key) {
      const value = entriesOf(layout.name).get(layout.key.encode(key));
      return value && read(layout, value, key);
    },
    set(layout, key, value) {
      const bytes = new Uint8Array(layout.valueSize);
      layout.value.put(new DataView(bytes.buffer), 0, value, key);
      entriesOf(layout.name).set(layout.key.encode(key), bytes);
    },
    delete: (layout, key) => entriesOf(layout.name).delete(layout.key.encode(key)),
    entries: (layout) =>
      [...entriesOf(layout.name).entries()].map(([bytes, value]) => {
        const key = layout.key.decode(bytes);
        return [key, read(layout, value, key)] as never;
      }),
  };
}

function addressBytes(address: string): Uint8Array {
  return address.includes(':') ? parseIpv6(address) : parseIpv4(address);
}

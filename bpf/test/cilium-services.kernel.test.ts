import { DEFAULT_SEED, maglevHash4, maglevHash6 } from '@lbx/maglev';
import { type Family, IpProto, ServiceFlag, ServiceFlag2, toHex } from '@lbx/maps';
import { describeKernel, eth, formatIpv4, formatIpv6, parseIpv4, parseIpv6, parsePacket } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CiliumCase, readCiliumCases } from './cilium-services.ts';
import { createKernel, type Kernel } from './differential/kernel.ts';
import { clearFlows } from './differential/kernel-flows.ts';
import { macs, type Place, places } from './differential/place.ts';
import { runProgram } from './differential/run-program.ts';

/*
 * Services as Cilium's own code wrote them into its maps, byte for byte, under our programs: a SYN to each frontend goes where
 * the bytes say. Nothing of ours decodes them here.
 */

/** The vectors' backends are on the link of the node, which has other addresses. */
const where: Readonly<Record<Family, Place>> = {
  4: {
    ...places[4],
    node: '192.0.2.200',
    nodePrefix: '192.0.2.200/24',
    backends: Array.from({ length: 40 }, (_, n) => `192.0.2.${n + 1}`),
  },
  6: {
    ...places[6],
    node: '2001:db8:2::c8',
    nodePrefix: '2001:db8:2::c8/64',
    backends: Array.from({ length: 40 }, (_, n) => `2001:db8:2::${(n + 1).toString(16)}`),
  },
};

const CLIENTS = 24;
const cases = readCiliumCases();
const groups = [...new Set(cases.map(({ algorithm, maglevSize }) => `${algorithm} ${maglevSize}`))];

describeKernel("Cilium's own service entries", () => {
  describe.each(groups)('%s', (group) => {
    const [algorithm, size] = group.split(' ') as ['random' | 'maglev', string];
    const maglevSize = Number(size);
    const counts = { forwarded: 0, refused: 0 };
    let kernel: Kernel;
    beforeAll(() => {
      // Nothing is kept besides the maps: as where a Cilium writes them.
      kernel = createKernel({ where, algorithm, maglevSize, derived: false, gate: false });
    });
    afterAll(() => kernel?.[Symbol.dispose]());

    it.each(cases.filter((each) => each.algorithm === algorithm && each.maglevSize === maglevSize))(
      '$name',
      (each) => {
        load(kernel, each);
        for (const name of ['lb4_services_v2', 'lb6_services_v2']) {
          for (const [key, value] of each.maps.get(name) ?? [])
            checkFrontend(kernel, each, key, value, counts);
        }
      },
    );
    it('most of them lead somewhere', () => {
      expect(counts.forwarded).toBeGreaterThan(20);
    });
  });
});

/** Empties the maps and writes the entries of a case, as they are. */
function load(kernel: Kernel, { maps, tables }: CiliumCase): void {
  for (const name of ['lb4', 'lb6'].flatMap((lb) => [
    `${lb}_services_v2`,
    `${lb}_backends_v3`,
    `${lb}_source_range`,
    `${lb}_maglev`,
  ]))
    kernel.map(name).clear();
  kernel.map('lb_affinity_match').clear();
  for (const [name, entries] of maps) for (const [key, value] of entries) kernel.map(name).set(key, value);
  for (const [name, byId] of tables) {
    using stack = new DisposableStack();
    const fds = [...byId.values()].map((table) => {
      const inner = BpfMap.create({ type: 'array', keySize: 4, valueSize: table.byteLength, maxEntries: 1 });
      inner.set(new Uint8Array(4), new Uint8Array(table.buffer, table.byteOffset, table.byteLength));
      return stack.use(inner).fd;
    });
    const keys = Buffer.from([...byId.keys()].join(''), 'hex');
    kernel.map(name).updateBatch(keys, new Uint8Array(Uint32Array.from(fds).buffer));
  }
  clearFlows(kernel);
}

/** SYNs (or datagrams) of some clients to one frontend of external scope. */
function checkFrontend(
  kernel: Kernel,
  each: CiliumCase,
  key: Uint8Array,
  value: Uint8Array,
  counts: { forwarded: number; refused: number },
): void {
  const frontend = readFrontend(key, value);
  const { slot, scope, port, address, proto } = frontend;
  // Slots; the internal scope; wildcards and the entries for any address, which no packet is for.
  if (slot !== 0 || scope !== 0 || port === 0 || address === '0.0.0.0' || address === '::') return;
  if (proto === IpProto.SCTP) return;
  const reached = new Set<number>();
  for (let n = 0; n < CLIENTS; n++) {
    const client = frontend.family === 4 ? `203.0.113.${5 + n}` : `2001:db8:3::${5 + n}`;
    const expected = expectedBackends(each, frontend, client, 40_000 + n);
    const out = send(kernel, frontend, client, 40_000 + n);
    if (expected === undefined) {
      expect(out, `${address}:${port} from ${client}`).toBeUndefined();
      counts.refused++;
      continue;
    }
    expect([...expected.values()], `${address}:${port} from ${client}`).toContain(out);
    reached.add([...expected].find(([, end]) => end === out)![0]);
    counts.forwarded++;
  }
  // Random is spread over all of them (the clients are always the same).
  const slots = slotsOf(each, frontend);
  if (reached.size > 0 && slots.length <= 3 && !tableOf(each, frontend))
    expect([...reached].sort()).toEqual(slots.sort());
}

interface FrontendBytes {
  readonly family: Family;
  readonly address: string;
  readonly port: number;
  readonly slot: number;
  readonly proto: number;
  readonly scope: number;
  readonly key: Uint8Array;
  readonly algorithm: number;
  readonly count: number;
  readonly id: Uint8Array;
  readonly flags: number;
  readonly flags2: number;
}

function readFrontend(key: Uint8Array, value: Uint8Array): FrontendBytes {
  const family = key.length === 12 ? 4 : 6;
  const at = family === 4 ? 4 : 16;
  return {
    family,
    key,
    address: family === 4 ? formatIpv4(key.subarray(0, 4)) : formatIpv6(key.subarray(0, 16)),
    port: (key[at]! << 8) | key[at + 1]!,
    slot: key[at + 2]! | (key[at + 3]! << 8),
    proto: key[at + 4]!,
    scope: key[at + 5]!,
    algorithm: value[3]! & 0x7f,
    count: value[4]! | (value[5]! << 8),
    id: value.slice(6, 8),
    flags: value[8]!,
    flags2: value[9]!,
  };
}

/** By id, "address port" of the backends that a client may get; undefined: it gets none. */
function expectedBackends(
  each: CiliumCase,
  frontend: FrontendBytes,
  client: string,
  port: number,
): ReadonlyMap<number, string> | undefined {
  const { flags, flags2, count } = frontend;
  if (!(flags & ServiceFlag.routable) || count === 0) return undefined;
  if (flags2 & (ServiceFlag2.nat46x64 | ServiceFlag2.l7 | ServiceFlag2.loopback)) return undefined;
  if (
    flags & ServiceFlag.sourceRange &&
    isInRange(each, frontend, client) === ((flags2 & ServiceFlag2.deny) !== 0)
  )
    return undefined;
  const table = tableOf(each, frontend);
  const ids = table ? [table[hashOf(frontend, client, port) % table.length]!] : slotsOf(each, frontend);
  return new Map(ids.map((id) => [id, backendOf(each, frontend.family, id)]));
}

function tableOf(each: CiliumCase, { family, algorithm, id }: FrontendBytes): Uint32Array | undefined {
  const isMaglev = algorithm === 0 ? each.algorithm === 'maglev' : algorithm === 2;
  return isMaglev ? each.tables.get(`lb${family}_maglev`)?.get(toHex(id)) : undefined;
}

function hashOf({ family, flags, port, proto }: FrontendBytes, client: string, clientPort: number): number {
  const from = flags & ServiceFlag.affinity ? 0 : clientPort;
  return (family === 4 ? maglevHash4 : maglevHash6)(client, from, port, proto, DEFAULT_SEED);
}

/** Backend ids in slots 1 to count. */
function slotsOf(each: CiliumCase, { family, key, count }: FrontendBytes): number[] {
  const entries = new Map(each.maps.get(`lb${family}_services_v2`)!.map(([k, v]) => [toHex(k), v]));
  const at = family === 4 ? 6 : 18;
  return Array.from({ length: count }, (_, n) => {
    const slot = key.slice();
    slot[at] = (n + 1) & 0xff;
    slot[at + 1] = (n + 1) >> 8;
    return Buffer.from(entries.get(toHex(slot))!).readUInt32LE(0);
  });
}

function backendOf(each: CiliumCase, family: Family, id: number): string {
  const wanted = toHex(Buffer.from(Uint32Array.of(id).buffer));
  const [, value] = each.maps.get(`lb${family}_backends_v3`)!.find(([key]) => toHex(key) === wanted)!;
  const length = family === 4 ? 4 : 16;
  const address = family === 4 ? formatIpv4(value.subarray(0, 4)) : formatIpv6(value.subarray(0, 16));
  return `${address} ${(value[length]! << 8) | value[length + 1]!}`;
}

/** Is the client in one of the service's source ranges? */
function isInRange(each: CiliumCase, { family, id }: FrontendBytes, client: string): boolean {
  const bits = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const address = bits(family === 4 ? parseIpv4(client) : parseIpv6(client));
  return (each.maps.get(`lb${family}_source_range`) ?? []).some(([key]) => {
    const length = Buffer.from(key).readUInt32LE(0) - 32;
    return (
      toHex(key.subarray(4, 6)) === toHex(id) &&
      bits(key.subarray(8)).slice(0, length) === address.slice(0, length)
    );
  });
}

/** Where the packet goes, "address port"; undefined when it goes nowhere (or is given to whom it was for). */
function send(
  kernel: Kernel,
  { family, address, port, proto }: FrontendBytes,
  client: string,
  sport: number,
): string | undefined {
  const link = eth({ src: macs.router, dst: macs.node });
  const ip =
    family === 4 ? link.ipv4({ src: client, dst: address }) : link.ipv6({ src: client, dst: address });
  const ports = { sport, dport: port };
  const packet =
    proto === IpProto.TCP ? ip.tcp({ ...ports, flags: ['syn'] }) : ip.udp(ports).payload('hello');
  const ran = runProgram(kernel, { kind: 'packet', hook: 'xdp', device: 'eth0', frame: packet.bytes() })!;
  const out = parsePacket(ran.data);
  const { dst } = out.ipv4 ?? out.ipv6!;
  const segment = out.tcp ?? out.udp;
  if (ran.verdict !== 'tx' || !segment || out.icmp) return undefined;
  expect(out.problems).toEqual([]);
  return `${dst} ${segment.dport}`;
}

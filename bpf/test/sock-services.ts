// Services as the socket tests write them: straight into the maps of a loaded object, entry by entry.
import {
  type BackendId,
  BackendKey,
  FrontendMetaFlag,
  IpProto,
  Lb4Backend,
  Lb4Frontend,
  Lb4Key,
  Lb4ReverseNat,
  Lb4Slot,
  Lb6Backend,
  Lb6Frontend,
  Lb6Key,
  Lb6ReverseNat,
  Lb6Slot,
  LbAffinityMatch,
  LbxFrontendMeta,
  LbxFrontendMetaKey,
  type RevNatId,
  RevNatKey,
  SkipLb4Key,
  SkipLb6Key,
} from '@lbx/maps';
import type { BpfObject } from 'libbpf-ts';

export interface TestBackend {
  readonly id: number;
  readonly address: string;
  readonly port: number;
  /** 0 active (default), 1 terminating. */
  readonly state?: number;
}

export interface TestService {
  readonly id: number;
  readonly address: string;
  readonly port: number;
  readonly proto: 'TCP' | 'UDP';
  readonly scope?: 0 | 1;
  readonly flags?: number;
  readonly flags2?: number;
  readonly affinitySeconds?: number;
  readonly backends: readonly TestBackend[];
  /** Active backends, the first ones; all of them unless told. */
  readonly count?: number;
}

const PRESENT = new Uint8Array(1);
const isV6 = (address: string) => address.includes(':');

/** Writes backends, slots, reverse NAT and affinity matches, and the frontend last. */
export function writeService(object: BpfObject, service: TestService): void {
  const v6 = isV6(service.address);
  const services = object.map(v6 ? 'lb6_services_v2' : 'lb4_services_v2');
  const revNatIndex = service.id as RevNatId;
  const { address, port, flags = 0, flags2 = 0, backends } = service;
  const proto = IpProto[service.proto];
  const key = (backendSlot: number) =>
    (v6 ? Lb6Key : Lb4Key).encode({ address, dport: port, backendSlot, proto, scope: service.scope ?? 0 });
  const tail = { revNatIndex, flags, flags2, qcount: 0 };
  const count = service.count ?? backends.length;

  backends.forEach((backend, index) => {
    writeBackend(object, backend, proto);
    const backendId = backend.id as BackendId;
    services.set(key(index + 1), (v6 ? Lb6Slot : Lb4Slot).encode({ backendId, count: 0, ...tail }));
    object
      .map('lb_affinity_match')
      .set(LbAffinityMatch.encode({ backendId, revNatId: revNatIndex }), PRESENT);
  });
  object
    .map(v6 ? 'lb6_reverse_nat' : 'lb4_reverse_nat')
    .set(
      RevNatKey.encode({ revNatId: revNatIndex }),
      (v6 ? Lb6ReverseNat : Lb4ReverseNat).encode({ address, port }),
    );
  services.set(
    key(0),
    (v6 ? Lb6Frontend : Lb4Frontend).encode({
      affinityTimeout: { seconds: service.affinitySeconds ?? 0, algorithm: 0 },
      count,
      ...tail,
      qcount: Math.max(backends.length - count, 0),
    }),
  );
}

export function writeBackend(object: BpfObject, backend: TestBackend, proto: number): void {
  const v6 = isV6(backend.address);
  const { address, port, state = 0 } = backend;
  object
    .map(v6 ? 'lb6_backends_v3' : 'lb4_backends_v3')
    .set(
      BackendKey.encode({ backendId: backend.id as BackendId }),
      (v6 ? Lb6Backend : Lb4Backend).encode({ address, port, proto, state, clusterId: 0, zone: 0 }),
    );
}

/** Deletes the frontend and its slots; `from`: only the slots from that one on. */
export function deleteService(object: BpfObject, service: TestService, from = 0): void {
  const v6 = isV6(service.address);
  const { address, port, backends, scope = 0 } = service;
  for (let backendSlot = from; backendSlot <= backends.length; backendSlot++) {
    const key = { address, dport: port, backendSlot, proto: IpProto[service.proto], scope };
    object.map(v6 ? 'lb6_services_v2' : 'lb4_services_v2').delete((v6 ? Lb6Key : Lb4Key).encode(key));
  }
}

export function deleteBackend(object: BpfObject, { id, address }: TestBackend): void {
  object
    .map(isV6(address) ? 'lb6_backends_v3' : 'lb4_backends_v3')
    .delete(BackendKey.encode({ backendId: id as BackendId }));
}

export function deleteAffinityMatch(object: BpfObject, backendId: number, serviceId: number): void {
  const key = { backendId: backendId as BackendId, revNatId: serviceId as RevNatId };
  object.map('lb_affinity_match').delete(LbAffinityMatch.encode(key));
}

export function deleteReverseNat(object: BpfObject, service: TestService): void {
  object
    .map(isV6(service.address) ? 'lb6_reverse_nat' : 'lb4_reverse_nat')
    .delete(RevNatKey.encode({ revNatId: service.id as RevNatId }));
}

/** The frontend has endpoints, but on other nodes. */
export function writeElsewhere(object: BpfObject, serviceId: number): void {
  object
    .map('lbx_frontend_meta')
    .set(
      LbxFrontendMetaKey.encode({ revNatId: serviceId as RevNatId }),
      LbxFrontendMeta.encode({ flags: FrontendMetaFlag.elsewhere }),
    );
}

/** Hides a service address from a network namespace. */
export function writeSkip(object: BpfObject, netnsCookie: bigint, address: string, port: number): void {
  const v6 = isV6(address);
  object
    .map(v6 ? 'skip_lb6' : 'skip_lb4')
    .set((v6 ? SkipLb6Key : SkipLb4Key).encode({ netnsCookie, address, port }), PRESENT);
}

/** Declares an address to be the node's own. */
export function writeLocalAddress(object: BpfObject, address: string): void {
  // The same 16 bytes as an address of an IPv6 key, which is the first field there.
  const mapped = isV6(address) ? address : `::ffff:${address}`;
  const bytes = Lb6Key.encode({ address: mapped, dport: 0, backendSlot: 0, proto: 0, scope: 0 });
  object.map('lbx_local_addrs').set(bytes.slice(0, 16), new Uint8Array(4));
}

import { readFileSync } from 'node:fs';
import { eth } from '@lbx/testing';
import { type BpfObject, inNetns, type Link, load } from 'libbpf-ts';

/** What frames are sent: to consecutive ports of one address, in turn. */
export interface Stream {
  readonly protocol: 'UDP' | 'SYN';
  readonly address: string;
  /** The lowest port. */
  readonly port: number;
  /** How many ports (1). */
  readonly services?: number;
  /** Which of them the first flow goes to (0). */
  readonly firstService?: number;
  /** How many flows, each in turn; 0: every frame begins a new one. */
  readonly flows: number;
  /** Destination ports that forwarded frames have: the first, and how many; any when absent. */
  readonly arrivesAt?: readonly [number, number];
}

/** What became of frames. */
export interface Tally {
  readonly sent: number;
  readonly arrived: number;
  readonly others: number;
  readonly broken: number;
  /** Mean time of one, without what other processes took of the core meanwhile. */
  readonly ns: number;
}

/** One end of a veth pair: sends frames of 60 bytes into the other, and counts and drops those that come back. */
export interface Arm extends Disposable {
  readonly object: BpfObject;
  /** Makes `stream` what is sent from now on, from its first flow. */
  load(stream: Stream): void;
  send(count: number, options?: { verify?: boolean }): Tally;
}

export interface ArmPlace {
  readonly netns: string;
  readonly device: string;
  readonly mac: string;
  readonly nodeMac: string;
  /** The first client; the last byte of its address is 0. */
  readonly clients: string;
}

const OBJECT = new URL('../prebuilt/forward.bpf.o', import.meta.url);
const FIRST_PORT = 1024;

export function createArm(place: ArmPlace): Arm {
  const object = load(readFileSync(OBJECT));
  const sink: Link = inNetns(place.netns, () =>
    object.program('forward_sink').attachXdp({ ifindex: place.device, mode: 'native' }),
  );
  const ifindex = inNetns(place.netns, () => sink.info().ifindex) as number;
  const variable = (name: string) => object.variable(`forward_${name}`);
  const read = () => [
    variable('sent').getNumber(),
    variable('arrived').getNumber(),
    variable('others').getNumber(),
    variable('broken').getNumber(),
  ];
  let frame: Uint8Array = new Uint8Array(60);
  return {
    object,
    load({
      protocol,
      address,
      port,
      services = 1,
      firstService = 0,
      flows,
      arrivesAt: [firstPort, portCount] = [0, 65536],
    }) {
      const ip = eth({ src: place.mac, dst: place.nodeMac }).ipv4({ src: place.clients, dst: address });
      const ports = { sport: FIRST_PORT, dport: port };
      const packet =
        protocol === 'UDP'
          ? ip.udp(ports).payload('x'.repeat(18))
          : ip.tcp({ ...ports, flags: ['syn'] }).payload('x'.repeat(6));
      frame = packet.bytes();
      variable('template').set(frame);
      variable('flows').set(flows);
      variable('services').set(services);
      variable('first_service').set(firstService);
      variable('service').set(firstService);
      variable('flow').set(0);
      variable('port').set(firstPort);
      variable('ports').set(portCount);
    },
    send(count, { verify = false } = {}) {
      variable('verify').set(verify ? 1 : 0);
      const before = read();
      const { durationNs: ns } = inNetns(place.netns, () =>
        object.program('forward_generate').testRun({
          data: frame,
          ctx: context(frame.length, ifindex),
          repeat: count,
          liveFrames: true,
        }),
      );
      const [sent = 0, arrived = 0, others = 0, broken = 0] = read().map((now, i) => now - before[i]!);
      return { sent, arrived, others, broken, ns };
    },
    [Symbol.dispose]() {
      sink[Symbol.dispose]();
      object[Symbol.dispose]();
    },
  };
}

/** `struct xdp_md` of a frame that comes in by a device. */
function context(length: number, ifindex: number): Uint8Array {
  const ctx = new DataView(new ArrayBuffer(24));
  ctx.setUint32(4, length, true);
  ctx.setUint32(12, ifindex, true);
  return new Uint8Array(ctx.buffer);
}

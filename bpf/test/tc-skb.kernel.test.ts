// tc ingress on socket buffers as the kernel has them: unfinished checksums, segments still to be cut, bytes outside of
// the linear part. From one device to another, so that each packet is seen as it leaves.
import { describeKernel, eth, type PacketBuilder } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Arms, armsOf, createArms, read } from './tc-arms.ts';
import type { SkbFrame } from './vnet-socket.ts';
import { type Family, families } from './xdp-lab.ts';
import { packetsOf } from './xdp-packets.ts';

const checksumAt = { TCP: 16, UDP: 6 } as const;
type Protocol = keyof typeof checksumAt;

const kinds = {
  'a finished checksum': {},
  'an unfinished checksum': { partial: true },
  'segments to be cut': { partial: true, gso: 1000, bytes: 20_000 },
  'headers outside of the linear part': { linear: 14, bytes: 5000 },
  'half of its headers in the linear part': { linear: 30, bytes: 5000 },
  'all but its payload in the linear part': { linear: 74, bytes: 5000 },
} as const satisfies Record<string, { partial?: boolean; gso?: number; bytes?: number; linear?: number }>;

describe.each(families)('IPv%i', (family) => {
  const arms = armsOf[family];
  const { ip } = packetsOf(family);
  const { isOf, frame } = framesOf(family);

  describeKernel('lbx_tc_ingress on socket buffers', () => {
    let lab: Arms;
    beforeAll(() => {
      const at = { service: 'test', address: arms.service, port: 80, type: 'LoadBalancer' } as const;
      lab = createArms({
        family,
        mtu: 9000,
        offload: true,
        frontends: (['TCP', 'UDP'] as const).map((protocol) => ({
          ...at,
          protocol,
          backends: [{ address: arms.backend, port: 8080, protocol, node: 'other' }],
        })),
      });
    });
    afterAll(() => lab[Symbol.dispose]());

    let sport = 40000;
    for (const protocol of ['TCP', 'UDP'] as const) {
      for (const [name, kind] of Object.entries(kinds)) {
        if (protocol === 'UDP' && 'gso' in kind) continue;
        it(`${protocol} with ${name}: there and back`, () => {
          sport++;
          const payload = Buffer.alloc('bytes' in kind ? kind.bytes : 100, `${name} `);
          const there = ip(eth({ src: arms.clientMac, dst: arms.nodeMac }), {
            src: arms.client,
            dst: arms.service,
          });
          lab.clientSocket.send(frame(build(there, protocol, { sport, dport: 80 }, payload), protocol, kind));
          const arrived = lab.backendSocket.receive((each) => isOf(each, protocol));
          const request = read(arrived);
          expect(request.problems).toEqual([]);
          expect(request.eth).toMatchObject({ src: arms.insideMac, dst: arms.backendMac });
          expect(request.ipv4 ?? request.ipv6).toMatchObject({ src: arms.inside, dst: arms.backend });
          expect(request.ipv4?.ttl ?? request.ipv6?.hopLimit).toBe(63);
          const { sport: port, dport } = request.tcp ?? request.udp!;
          expect(dport).toBe(8080);
          expect(Buffer.from(request.payload).equals(payload)).toBe(true);
          expect(arrived!.gso?.size).toBe('gso' in kind ? kind.gso : undefined);

          const back = ip(eth({ src: arms.backendMac, dst: arms.insideMac }), {
            src: arms.backend,
            dst: arms.inside,
          });
          const answer = build(back, protocol, { sport: 8080, dport: port }, payload);
          lab.backendSocket.send(frame(answer, protocol, kind));
          const reply = read(lab.clientSocket.receive((each) => isOf(each, protocol)));
          expect(reply.problems).toEqual([]);
          expect(reply.eth).toMatchObject({ src: arms.nodeMac, dst: arms.clientMac });
          expect(reply.ipv4 ?? reply.ipv6).toMatchObject({ src: arms.service, dst: arms.client });
          expect(reply.ipv4?.ttl ?? reply.ipv6?.hopLimit).toBe(63);
          expect(reply.tcp ?? reply.udp).toMatchObject({ sport: 80, dport: sport });
          expect(Buffer.from(reply.payload).equals(payload)).toBe(true);
        });
      }
    }
  });
});

describe.each(families)('IPv%i', (family) => {
  const arms = armsOf[family];
  const { ip } = packetsOf(family);
  const { frame } = framesOf(family);

  describeKernel('ICMP errors about packets whose checksum is unfinished', () => {
    let lab: Arms;
    beforeAll(() => {
      const at = { service: 'test', address: arms.service, port: 80, type: 'LoadBalancer' } as const;
      lab = createArms({
        family,
        offload: true,
        frontends: (['TCP', 'UDP'] as const).map((protocol) => ({ ...at, protocol, backends: [] })),
      });
    });
    afterAll(() => lab[Symbol.dispose]());

    const isError = ({ bytes }: SkbFrame) =>
      family === 4 ? bytes[23] === 1 : bytes[20] === 58 && bytes[54]! < 128;

    for (const finishes of ['off', 'on'] as const) {
      for (const protocol of ['TCP', 'UDP'] as const) {
        it.each([0, 100, 1400])(`${protocol} with %i bytes, tx ${finishes} at the device`, (bytes) => {
          lab.node.exec('ethtool', ['-K', 'eth0', 'tx', finishes]);
          const there = ip(eth({ src: arms.clientMac, dst: arms.nodeMac }), {
            src: arms.client,
            dst: arms.service,
          });
          const packet = build(there, protocol, { sport: 40001, dport: 80 }, Buffer.alloc(bytes, 'x'));
          const sent = frame(packet, protocol, { partial: true });
          lab.clientSocket.send(sent);
          const error = lab.clientSocket.receive(isError);
          expect(error?.partial).toBeUndefined();
          const told = read(error);
          // What is quoted was never finished.
          const quoted = `quoted: ${protocol} checksum is wrong`;
          expect(told.problems.filter((problem) => problem !== quoted)).toEqual([]);
          expect(told.eth).toMatchObject({ src: arms.nodeMac, dst: arms.clientMac });
          expect(told.ipv4 ?? told.ipv6).toMatchObject({ src: arms.service, dst: arms.client });
          const head = 14 + (family === 4 ? 20 : 40) + 8;
          const first = sent.bytes.subarray(14, 14 + 504);
          expect(Buffer.from(error!.bytes.subarray(head)).equals(Buffer.from(first))).toBe(true);
        });
      }
    }
  });
});

function build(
  ip: PacketBuilder,
  protocol: Protocol,
  ports: { sport: number; dport: number },
  payload: Uint8Array,
): PacketBuilder {
  return (protocol === 'UDP' ? ip.udp(ports) : ip.tcp({ ...ports, flags: ['ack'] })).payload(payload);
}

function framesOf(family: Family) {
  const addresses = family === 4 ? [26, 34] : [22, 54];
  const l4 = addresses[1]!;
  return { isOf, frame };

  function isOf({ bytes }: SkbFrame, protocol: Protocol): boolean {
    const number = protocol === 'TCP' ? 6 : 17;
    return family === 4
      ? bytes[12] === 8 && bytes[13] === 0 && bytes[23] === number
      : bytes[12] === 0x86 && bytes[13] === 0xdd && bytes[20] === number;
  }

  /** The packet as a socket buffer of that kind. */
  function frame(
    packet: PacketBuilder,
    protocol: Protocol,
    kind: { partial?: boolean; gso?: number; linear?: number },
  ): SkbFrame {
    const bytes = packet.bytes();
    const offset = checksumAt[protocol];
    if (!kind.partial) return { bytes, ...(kind.linear ? { linear: kind.linear } : {}) };
    // What a sender leaves in the field: the sum of addresses, protocol and length.
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let sum = (protocol === 'TCP' ? 6 : 17) + bytes.length - l4;
    for (let at = addresses[0]!; at < l4; at += 2) sum += view.getUint16(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    view.setUint16(l4 + offset, sum);
    return {
      bytes,
      partial: { start: l4, offset },
      ...(kind.gso ? { gso: { type: `tcp${family}`, size: kind.gso }, linear: l4 + 20 } : {}),
    };
  }
}

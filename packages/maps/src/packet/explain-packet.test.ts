import { describe, expect, it } from 'vitest';
import { createIds } from '../ids/ids.ts';
import type { Frontend } from '../model/frontend.ts';
import { project } from '../project/project.ts';
import { createClock } from './clock.ts';
import { explainPacket, type PacketState } from './explain-packet.ts';
import { createFlowState } from './flow-state.ts';
import { checksumOf } from './internet-checksum.ts';
import type { AskRoute } from './routes.ts';
import { defaultPacketSettings, type PacketSettings } from './settings.ts';

// Against the programs themselves, with all that may happen: bpf/test/differential.kernel.test.ts.

const CLIENT = '203.0.113.5';
const SERVICE = '198.51.100.1';
const BACKEND = '192.0.2.10';
const NODE = '192.0.2.1';

/** A frame of TCP, in bytes. */
function frameOf(from: string, sport: number, to: string, dport: number, flags: number, ttl = 64) {
  const frame = new Uint8Array(54);
  const view = new DataView(frame.buffer);
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45]);
  view.setUint16(16, 40);
  frame.set([ttl, 6], 22);
  frame.set([...from.split('.'), ...to.split('.')].map(Number), 26);
  view.setUint16(24, checksumOf(frame.subarray(14, 34)));
  view.setUint16(34, sport);
  view.setUint16(36, dport);
  frame.set([0x50, flags], 46);
  const pseudo = Uint8Array.of(...frame.subarray(26, 34), 0, 6, 0, 20);
  view.setUint16(50, checksumOf(pseudo, frame.subarray(34)));
  return frame;
}

const SYN = 0x02;
const ACK = 0x10;

const frontend: Frontend = {
  service: 'web',
  type: 'LoadBalancer',
  protocol: 'TCP',
  address: SERVICE,
  port: 80,
  backends: [{ address: BACKEND, port: 8080, protocol: 'TCP' }],
};

/** Everybody is behind one router. */
const askRoute: AskRoute = (_from, nextHop) => ({
  kind: 'ok',
  device: 'eth0',
  nextHop,
  dmac: '02:00:00:00:00:aa',
  smac: '02:00:00:00:00:bb',
  mtu: 1500,
});

function datapath(frontends: readonly Frontend[], more: Partial<PacketSettings> = {}) {
  const tables = project(frontends, { wildcards: true }, createIds());
  const state: PacketState = {
    tables,
    backends: new Map([[1, { generation: 1, local: false }]]),
    servedElsewhere: () => false,
    mayBeOurs: () => true,
    flows: createFlowState(),
  };
  const settings = { ...defaultPacketSettings, snatAddress4: NODE, ...more };
  const clock = createClock(100_000, 400, settings.hz);
  return (frame: Uint8Array) =>
    explainPacket(state, frame, { hook: 'xdp', device: 'eth0', settings, clock, askRoute });
}

const hex = (frame: Uint8Array) => Buffer.from(frame).toString('hex');
const linked = (frame: Uint8Array) => {
  const bytes = frame.slice();
  bytes.set([2, 0, 0, 0, 0, 0xaa, 2, 0, 0, 0, 0, 0xbb]);
  return hex(bytes);
};

describe('explainPacket', () => {
  it('sends a request on from a port of its own, and the reply back, byte for byte', () => {
    const explain = datapath([frontend]);
    const there = explain(frameOf(CLIENT, 40001, SERVICE, 80, SYN));
    expect(there).toMatchObject({ verdict: 'tx', reason: 'sent_request', notes: ['note_new_flow'] });
    expect(there.backend).toMatchObject({ address: BACKEND, port: 8080 });
    const snatPort = (there.frame[34]! << 8) | there.frame[35]!;
    expect(snatPort).toBeGreaterThanOrEqual(defaultPacketSettings.snatPorts[0]);
    expect(hex(there.frame)).toBe(linked(frameOf(NODE, snatPort, BACKEND, 8080, SYN, 63)));

    const back = explain(frameOf(BACKEND, 8080, NODE, snatPort, SYN | ACK));
    expect(back).toMatchObject({ verdict: 'tx', reason: 'sent_reply' });
    expect(hex(back.frame)).toBe(linked(frameOf(SERVICE, 80, CLIENT, 40001, SYN | ACK, 63)));

    const next = explain(frameOf(CLIENT, 40001, SERVICE, 80, ACK));
    expect(next).toMatchObject({ reason: 'sent_request', notes: [] });
    expect(hex(next.frame)).toBe(linked(frameOf(NODE, snatPort, BACKEND, 8080, ACK, 63)));
  });

  it('passes what is not ours, the same frame', () => {
    const frame = frameOf(CLIENT, 40001, '198.51.100.77', 80, SYN);
    const outcome = datapath([frontend])(frame);
    expect(outcome.verdict).toBe('pass');
    expect(outcome.frame).toBe(frame);
  });

  it('tells the sender what it refuses', () => {
    const explain = datapath([{ ...frontend, backends: [] }]);
    const frame = frameOf(CLIENT, 40001, SERVICE, 80, SYN);
    const { verdict, reason, notes, frame: error } = explain(frame);
    expect({ verdict, reason, notes }).toEqual({
      verdict: 'tx',
      reason: 'drop_no_backend',
      notes: ['sent_icmp_error'],
    });
    // Port unreachable, about the packet as it came.
    expect([...error.subarray(34, 36)]).toEqual([3, 3]);
    expect(hex(error.subarray(42))).toBe(hex(frame.subarray(14)));
    expect(datapath([{ ...frontend, backends: [] }], { reject: false })(frame).verdict).toBe('drop');
  });

  it('says what it looked at', () => {
    const { steps } = datapath([frontend])(frameOf(CLIENT, 40001, SERVICE, 80, SYN));
    expect(steps.map(({ text }) => text).join('\n')).toMatch(
      /^the service: lb4_services_v2 .*\nslot 1: .*\nthe backend: .*address=192\.0\.2\.10/,
    );
  });
});

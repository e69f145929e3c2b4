// Sessions that once told the programs and the oracle apart, or tests of theirs astray: written down, at both flow tables.
import type { Frontend } from '@lbx/maps';
import { describeKernel, eth, type TcpFlag } from '@lbx/testing';
import { describe, expect, it } from 'vitest';
import { createArena } from './differential/arena.ts';
import type { Op, PacketOp } from './differential/op.ts';
import { macs, places } from './differential/place.ts';
import { report } from './differential/report.ts';
import type { SessionResult } from './differential/session.ts';
import { replay } from './differential/shrink.ts';

const place = places[4];
const [client] = place.clients as [string];
const [vip] = place.vips as [string];
const SERVICE_PORT = 80;
const CLIENT_PORT = 40_001;

const frontend: Frontend = {
  service: 'pinned',
  type: 'LoadBalancer',
  protocol: 'TCP',
  address: vip,
  port: SERVICE_PORT,
  backends: [{ address: place.backends[3]!, port: 8080, protocol: 'TCP', node: 'other' }],
};

function request(flag: TcpFlag, more: Partial<PacketOp> = {}): PacketOp {
  const frame = eth({ src: macs.router, dst: macs.node })
    .ipv4({ src: client, dst: vip })
    .tcp({ sport: CLIENT_PORT, dport: SERVICE_PORT, flags: [flag] })
    .bytes();
  return { kind: 'packet', hook: 'tc-ingress', device: 'eth0', frame, ...more };
}

const noBackendEntry: Op = { kind: 'poke', map: 'lb4_backends_v3', nth: 0, at: 0 };

const cases: readonly { readonly name: string; readonly ops: readonly Op[] }[] = [
  {
    // The way to a backend is kept for a second, also when the backend's entry is not there any more.
    name: 'forwarding ends while a backend without an entry is served',
    ops: [
      request('syn'),
      noBackendEntry,
      { kind: 'forwarding', family: 4, on: false },
      request('ack'),
      { kind: 'wait', seconds: 5 },
      request('ack', { device: 'pods' }),
      request('ack'),
    ],
  },
];

/** On a busy machine a session may take so long that some answer hangs by a jiffy: then it is played again. */
function decided(play: () => SessionResult): SessionResult {
  for (let attempt = 1; ; attempt++) {
    const result = play();
    if (!result.undecided || attempt === 20) return result;
  }
}

describeKernel('the programs and the oracle, sessions by name', () => {
  describe.each(['lru', 'buckets'] as const)('flows in %s', (flowTable) => {
    it('agree', () => {
      using arena = createArena({ flowTable });
      arena.control.apply([frontend]);
      for (const { name, ops } of cases) {
        const session = { frontends: [frontend], ops };
        const { problems, pairs, undecided } = decided(() => replay(arena, session));
        expect(problems, `${name}\n${report(session, problems)}`).toEqual([]);
        expect(undecided, name).toBe(false);
        expect(pairs, name).toBe(ops.filter(({ kind }) => kind === 'packet').length);
      }
    });
  });
});

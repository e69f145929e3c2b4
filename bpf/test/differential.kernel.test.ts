import { type PacketSettings, type ReasonName, reasons } from '@lbx/maps';
import { createRandom, describeKernel } from '@lbx/testing';
import { describe, expect, it } from 'vitest';
import { type Arena, createArena } from './differential/arena.ts';
import type { KernelOptions } from './differential/kernel.ts';
import { randomServices } from './differential/random-services.ts';
import { randomOps } from './differential/random-session.ts';
import { report } from './differential/report.ts';
import { runSession } from './differential/session.ts';
import { shrink } from './differential/shrink.ts';
import { flowTableKind, otherFlowTable } from './flow-map.ts';

/*
 * The programs against `explainPacket`: random services, random packets, random events; verdict, every byte of the frame
 * that comes out, what is counted, and what is remembered must be the same.
 *
 * LBX_PAIRS=1000000 runs that many packets. The packets are the same each time; LBX_SEED=… begins
 * at another seed, such as the one that a failure names.
 */
const PAIRS = Number(process.env.LBX_PAIRS ?? 100_000);
/** A failure must be one of the change that is tested: other seeds are tried by hand. */
const FIRST_SEED = 20_000_000;
const SEED = process.env.LBX_SEED === undefined ? undefined : Number(process.env.LBX_SEED);
const PACKETS_OF_SESSION = 250;
const SESSIONS_OF_SERVICES = 4;

interface Setup {
  readonly name: string;
  readonly share: number;
  readonly options: KernelOptions;
  readonly settings?: Partial<PacketSettings>;
}

const setups: readonly Setup[] = [
  { name: 'as usual', share: 0.2, options: {} },
  {
    name: 'tc behind XDP, DSR by option',
    share: 0.15,
    options: { variables: { lbx_tc_behind: 1, lbx_forwarding: 1 } },
    settings: { tcBehind: true, forwarding: 'dsr' },
  },
  {
    name: 'hybrid, DSR by tunnel, a small MTU',
    share: 0.15,
    options: { variables: { lbx_forwarding: 2, lbx_dsr_by: 1, lbx_mtu: 1400 } },
    settings: { forwarding: 'hybrid', dsrBy: 'tunnel', mtu: 1400 },
  },
  { name: 'Maglev', share: 0.1, options: { algorithm: 'maglev' } },
  { name: 'few SNAT ports', share: 0.1, options: { snatPorts: [40000, 40004] } },
  { name: 'maps that others write', share: 0.1, options: { derived: false, gate: false } },
  { name: 'a small gate, no wildcards', share: 0.05, options: { gateWords: 1, wildcards: false } },
  {
    name: 'pings are answered, nothing is rejected',
    share: 0.1,
    options: { variables: { lbx_echo_on: 1, lbx_reject_on: 0 } },
    settings: { echo: true, reject: false },
  },
  {
    name: 'no SNAT address, no ICMP errors',
    share: 0.05,
    options: { variables: { lbx_snat_addr4: 0, lbx_snat_addr6: new Uint8Array(16), lbx_icmp_per_second: 0 } },
    settings: { snatAddress4: undefined, snatAddress6: undefined, icmpErrors: false },
  },
];

/** Some with the other flow table as well: what is found, made and lost there is the same. */
const both: readonly Setup[] = setups.flatMap((setup) =>
  ['as usual', 'tc behind XDP, DSR by option', 'few SNAT ports', 'maps that others write'].includes(
    setup.name,
  )
    ? [
        { ...setup, share: setup.share * 0.6 },
        {
          name: `${setup.name}, flows in ${otherFlowTable}`,
          share: setup.share * 0.4,
          options: { ...setup.options, flowTable: otherFlowTable },
          ...(setup.settings && { settings: setup.settings }),
        },
      ]
    : [setup],
);

const seen = new Map<ReasonName, number>();
/** What needs another CPU, a full table, a long search, a broken load, or luck. */
const UNSEEN: ReadonlySet<ReasonName> = new Set<ReasonName>([
  'drop_contended',
  'drop_flow_table',
  'drop_missed_tail_call',
  'note_snat_scan_limited',
  'note_dsr_by_snat',
  'note_service_gone',
  'note_neighbour_kept',
  'note_flow_evicted',
  'drop_reply_collision',
  'drop_snat_ports_used_up',
  'pass_fragment',
  'pass_options',
]);

describeKernel(`the programs and the oracle, flows in ${flowTableKind}`, () => {
  describe.each(both)('$name', ({ name, share, options, settings }) => {
    const goal = Math.round(PAIRS * share);
    it(`agree on ${goal} packets`, { timeout: 60_000 + goal * 6 }, () => {
      using arena = createArena(options, settings);
      run(arena, name, goal);
    });
  });

  // Enough packets meet everything that can become of one.
  if (PAIRS >= 100_000) {
    it('have met every reason', () => {
      const missing = reasons.filter(({ name }) => !seen.has(name) && !UNSEEN.has(name));
      expect(missing.map(({ name }) => name)).toEqual([]);
    });
  }
});

function run(arena: Arena, name: string, goal: number): void {
  let [pairs, undecided, sessions] = [0, 0, 0];
  const first = SEED ?? FIRST_SEED;
  // Time must not take the tests away: a busy machine has more sessions, of which at least half are played to their end.
  for (let seed = first; pairs < goal || undecided > sessions / 2; seed++) {
    const random = createRandom(seed);
    const frontends = randomServices(random);
    arena.control.apply(frontends);
    for (let session = 0; session < SESSIONS_OF_SERVICES; session++) {
      let left = PACKETS_OF_SESSION;
      const next = randomOps(random);
      const result = runSession(arena, frontends, (world) => (left-- > 0 ? next(world) : undefined));
      pairs += result.pairs;
      sessions++;
      if (result.undecided) undecided++;
      for (const [reason, count] of result.counts) seen.set(reason, (seen.get(reason) ?? 0) + count);
      if (result.problems.length > 0) {
        const small = shrink(arena, { frontends, ops: result.ops });
        expect.fail(`LBX_SEED=${seed} (${name}, session ${session})\n${report(small, result.problems)}`);
      }
    }
  }
}

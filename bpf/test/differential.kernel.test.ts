import { defaultPacketSettings, type PacketSettings, type ReasonName, reasons } from '@lbx/maps';
import { createRandom, describeKernel } from '@lbx/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { readJiffies } from './differential/jiffies.ts';
import { addRoutes } from './differential/lab-routes.ts';
import { randomServices } from './differential/random-services.ts';
import { randomOp } from './differential/random-session.ts';
import { report } from './differential/report.ts';
import { type Arena, runSession } from './differential/session.ts';
import { shrink } from './differential/shrink.ts';
import { createLab, hertz, type LabOptions, MAGLEV_SIZE, place } from './xdp-lab.ts';

/*
 * The programs against `explainPacket`: random services, random packets, random events; verdict, every byte of the frame
 * that comes out, what is counted, and what is remembered must be the same.
 *
 * LBX_PAIRS=1000000 runs that many packets. LBX_SEED=… begins at the seed that a failure names.
 */
const PAIRS = Number(process.env.LBX_PAIRS ?? 20_000);
const SEED = process.env.LBX_SEED === undefined ? undefined : Number(process.env.LBX_SEED);
const PACKETS_OF_SESSION = 250;
const SESSIONS_OF_SERVICES = 4;

const setups: readonly { readonly name: string; readonly share: number; readonly options: LabOptions }[] = [
  { name: 'as usual', share: 0.4, options: {} },
  { name: 'Maglev', share: 0.15, options: { algorithm: 'maglev' } },
  { name: 'few SNAT ports', share: 0.15, options: { snatPorts: [40000, 40010] } },
  { name: 'maps that others write', share: 0.15, options: { derived: false, gate: false } },
  { name: 'a small gate, no wildcards', share: 0.15, options: { gateWords: 1, wildcards: false } },
];

const seen = new Map<ReasonName, number>();

describeKernel('the programs and the oracle', () => {
  describe.each(setups)('$name', ({ name, share, options }) => {
    const goal = Math.ceil(PAIRS * share);
    it(`agree on ${goal} packets`, { timeout: 30_000 + goal * 2 }, () => {
      const lab = createLab({ flows: 65536, ...options, variables: variablesOf(options) });
      try {
        addRoutes(lab);
        const arena: Arena = { lab, settings: settingsOf(options), jiffies: readJiffies() };
        run(arena, name, goal);
      } finally {
        lab.close();
      }
    });
  });

  afterAll(() => {
    const missing = reasons.filter(({ name }) => !seen.has(name)).map(({ name }) => name);
    console.log(`never seen: ${missing.join(', ')}`);
  });
});

function run(arena: Arena, name: string, goal: number): void {
  let [pairs, undecided, sessions] = [0, 0, 0];
  const first = SEED ?? (Date.now() % 1e6) * 1000;
  for (let seed = first; pairs < goal; seed++) {
    const random = createRandom(seed);
    const frontends = randomServices(random);
    arena.lab.apply(frontends);
    for (let session = 0; session < SESSIONS_OF_SERVICES; session++) {
      let left = PACKETS_OF_SESSION;
      const result = runSession(arena, frontends, (services, flows) =>
        left-- > 0 ? randomOp(random, services, flows) : undefined,
      );
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
  // Time must not take the tests away.
  expect(undecided).toBeLessThan(sessions / 2);
}

function variablesOf({ wildcards }: LabOptions): NonNullable<LabOptions['variables']> {
  return { ...(wildcards === false && { lbx_wildcards_on: 0 }) };
}

function settingsOf({ algorithm, snatPorts, derived, gate, wildcards }: LabOptions): PacketSettings {
  return {
    ...defaultPacketSettings,
    hz: hertz(),
    snatAddress4: place.node,
    snatPorts: snatPorts ?? [40000, 40999],
    derived: derived ?? true,
    gate: gate ?? true,
    wildcards: wildcards ?? true,
    algorithm: algorithm ?? 'random',
    maglevSize: MAGLEV_SIZE,
  };
}

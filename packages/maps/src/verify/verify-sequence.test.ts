import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verifyProject } from '../project/verify-project.ts';
import { readSequence, type Sequence } from './sequence.ts';
import { verifySequence } from './verify-sequence.ts';

const lines = readFileSync(
  new URL('../../../../vectors/cilium-project-steps.jsonl', import.meta.url),
  'utf8',
).split('\n');
const sequence = (name: string): Sequence => {
  const found = lines.find((line) => line.includes(`"name":"${name}"`));
  return readSequence(JSON.parse(found!));
};

describe('verifySequence', () => {
  it('leaves what Cilium leaves after each step, but for its leftovers, and never a slot that leads nowhere', () => {
    const { firstDifferences, passed, failed, calls, danglingCalls, writes } = verifyProject(lines);
    expect({ firstDifferences, passed, failed }).toEqual({ firstDifferences: [], passed: 81, failed: 0 });
    // Cilium deletes orphaned backends before the slots that name them.
    expect([calls, danglingCalls]).toEqual([1550, 205]);
    expect(writes).toBeGreaterThan(5000);
  });

  it('notices a changed byte, a missing and a surplus entry, a changed Maglev table, and a leftover that is kept', () => {
    const good = sequence('shared backends leave one service, then the other v6');
    type Step = { entries: Record<string, [string, string][]>; residue: string[] };
    const altered = (change: (step: Step) => unknown) => {
      const copy = structuredClone(good);
      change(copy.steps[3] as unknown as Step);
      return verifySequence(copy).differences;
    };
    const setFirst = (map: string, value: string) =>
      altered(({ entries }) => entries[map]![0]!.splice(1, 1, value));
    expect(verifySequence(good).differences).toEqual([]);
    expect(setFirst('svc6', '000000000300000160000001')).toEqual([
      expect.stringMatching(/^step 4: \+ svc /),
      expect.stringMatching(/^step 4: - svc /),
    ]);
    expect(altered(({ entries }) => entries.rev6!.pop())).toEqual([
      expect.stringMatching(/^step 4: \+ revnat /),
    ]);
    const surplus: [string, string] = ['63000000', '20010db80002000000000000000000991f90060000000000'];
    expect(altered(({ entries }) => entries.be6!.push(surplus))).toEqual([
      'step 4: - backend [2001:db8:2::99]:8080/TCP => state 0 cluster 0 zone 0',
    ]);
    const hash = `sha256:${'0'.repeat(64)}`;
    expect(setFirst('mag6', hash)).toEqual([
      expect.stringMatching(/^step 4: \+ maglev /),
      `step 4: - maglev [2001:db8:1::1]:80/TCP => ${hash}`,
    ]);
    expect(altered(({ residue }) => residue.pop())).toEqual([expect.stringMatching(/^step 4: - affinity /)]);
  });

  it('tells of a refusal that only one side has', () => {
    const refused = structuredClone(sequence('affinity and proxy: refused, then mended v4'));
    for (const step of refused.steps)
      for (const call of step.calls ?? []) delete (call as { error?: string }).error;
    expect(verifySequence(refused).differences).toContainEqual(
      expect.stringMatching(/198\.51\.100\.1:80\/TCP is refused: /),
    );
    const accepted = structuredClone(sequence('nothing changes v6'));
    (accepted.steps[0]!.calls![0] as { error?: string }).error = 'no';
    expect(verifySequence(accepted).differences[0]).toBe('step 1: [2001:db8:1::1]:80/TCP is not refused');
  });

  it('takes a frontend without a call for one that was refused at the door', () => {
    const set = {
      name: 'a',
      frontends: [{ address: '203.0.113.1', port: 30001, proto: 'TCP', type: 'LoadBalancer' }],
    };
    const config = { nodeAddrs: ['203.0.113.1'] };
    expect(verifySequence({ name: 'door', config, steps: [{ do: [{ set }] }] }).differences).toEqual([]);
  });

  it('calls stale entries by the names that their ids had at that time', () => {
    const name = '198.51.100.1:80/TCP';
    const call = {
      call: 'update' as const,
      frontend: name,
      ops: [['+', 'svc4', 'c63364010050010006000000', '010000000000000160000000'] as const],
    };
    const step = {
      do: [],
      calls: [call],
      entries: { rev4: [['0001', 'c63364010050'] as const] },
      residue: [`+ revnat ${name} => 198.51.100.1:80`],
    };
    const ids = { services: { 1: '198.51.100.9:90/TCP' }, backends: {} };
    expect(verifySequence({ name: 'reused', steps: [step], ids }).differences).toEqual([]);
  });
});

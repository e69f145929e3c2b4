import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verifyProject } from './verify-project.ts';

const lines = readFileSync(
  new URL('../../../../vectors/cilium-project.jsonl', import.meta.url),
  'utf8',
).split('\n');

describe('verifyProject', () => {
  it("finds Cilium's entries for all of vectors/cilium-project.jsonl", () => {
    expect(verifyProject(lines)).toMatchObject({ passed: 260, failed: 0, firstDifferences: [] });
  });

  it('notices a changed byte, a missing and a surplus entry, and a refusal', () => {
    const first = lines[0]!;
    const flipped = first.replace('c00002011f90060000000000', 'c00002011f91060000000000');
    const missing = JSON.parse(first);
    missing.result.entries.be4.pop();
    const surplus = JSON.parse(first);
    surplus.result.entries.be4.push(['07000000', 'c00002071f90060000000000', 'backend 192.0.2.7:8080/TCP']);
    const refused = JSON.parse(first);
    refused.result.errors = { '198.51.100.1:80/TCP': 'no' };
    const { passed, failed, firstDifferences } = verifyProject([
      flipped,
      JSON.stringify(missing),
      JSON.stringify(surplus),
      JSON.stringify(refused),
    ]);
    expect([passed, failed]).toEqual([0, 4]);
    expect(firstDifferences.map((line) => line.split(': ')[1]!.slice(0, 28))).toEqual([
      '- lb4_backends_v3 01000000 c',
      '+ lb4_backends_v3 01000000 c',
      '+ lb4_backends_v3 02000000 c',
      '- lb4_backends_v3 07000000 c',
      '198.51.100.1:80/TCP is not r',
    ]);
  });

  it.each([
    ['{"name":', 'line 2 is not JSON'],
    ['{"name": "x"}', 'line 2 is no such vector; expected { name, services, result } or { name, steps }'],
    ['{"name": "x", "result": {}}', 'line 2 is no such vector'],
    ['null', 'line 2 is no such vector'],
    ['{"name": "x", "steps": []}', 'line 2, x: no sequence of steps: steps is no list, or empty'],
    ['{"name": "x", "steps": [{"do": [{"jump": 1}]}]}', 'steps[0].do has jump, which is none of set, remove'],
  ])('names a line that is no vector: %s', (line, message) => {
    expect(() => verifyProject([lines[0]!, line])).toThrow(
      expect.objectContaining({ code: 'LBX_VECTORS', message: expect.stringContaining(message) }),
    );
  });
});

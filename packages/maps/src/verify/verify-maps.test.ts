import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseMapVectors } from './vector.ts';
import { verifyMaps } from './verify-maps.ts';

const file = readFileSync(new URL('../../../../vectors/cilium-1.20.2-maps.json', import.meta.url), 'utf8');
const vectors = parseMapVectors(file);

describe("Cilium 1.20.2's own bytes", () => {
  it('all 511 vectors, both ways', () => {
    const result = verifyMaps(file);
    expect(result.firstDifferences).toEqual([]);
    expect([result.total, result.passed, result.failed]).toEqual([511, 511, 0]);
    expect(Object.keys(result.byMap)).toHaveLength(59);
  });

  it('notices each changed byte that is no padding', () => {
    // Every vector once, one digit changed: a codec that ignored a byte would pass.
    const broken = vectors
      .filter(({ hex }) => hex !== undefined && hex.length < 200)
      .map((vector, i) => {
        const at = (i * 7) % vector.hex!.length;
        const digit = (Number.parseInt(vector.hex![at]!, 16) ^ 1).toString(16);
        return { ...vector, hex: vector.hex!.slice(0, at) + digit + vector.hex!.slice(at + 1) };
      });
    const result = verifyMaps(broken, { maxDifferences: 3 });
    expect(result.passed).toBe(0);
    expect(result.firstDifferences).toHaveLength(3);
    expect(result.firstDifferences[0]).toMatchObject({
      index: 0,
      map: 'cilium_lb4_services_v2',
      kind: 'key',
    });
    expect(result.firstDifferences[0]!.problem).toMatch(/^encoded .*, expected /);
  });

  it('reads a proxy port where the input has an algorithm too', () => {
    const rest = { count: 1, qcount: 0, revNat: 11, flags: 0x60, flags2: 4 };
    const vector = {
      map: 'cilium_lb4_services_v2',
      kind: 'value' as const,
      input: { algorithm: 0, l7LBProxyPort: 12345, ...rest },
      hex: '303900000100000b60040000',
    };
    expect(verifyMaps([vector])).toMatchObject({ passed: 1, firstDifferences: [] });
    const without = { ...vector, input: { algorithm: 0, ...rest } };
    expect(verifyMaps([without]).failed).toBe(1);
  });

  it('says what it cannot check', () => {
    const key = vectors[0]!;
    const problems = verifyMaps([
      { ...key, map: 'cilium_other' },
      { ...key, input: { ...key.input, port: 70000 } },
      { ...key, input: { address: '192.0.2.1' } },
    ]).firstDifferences.map(({ problem }) => problem);
    expect(problems).toEqual([
      'no layout for a map cilium_other',
      'lb4_key.dport: 70000 is not an integer in 0..65535',
      'the input has no dport, backendSlot, proto, scope (lb4_key)',
    ]);
  });

  it('reads one vector a line too, and refuses what is no vectors file', () => {
    expect(parseMapVectors(vectors.map((one) => JSON.stringify(one)).join('\n'))).toEqual(vectors);
    for (const text of ['', '[]', '{', '[{"map":"x"}]', '[1]', '[{"map":"x","kind":"key","input":{}}]']) {
      expect(() => parseMapVectors(text)).toThrow(expect.objectContaining({ code: 'LBX_VECTORS' }));
    }
  });
});

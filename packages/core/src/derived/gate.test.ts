import { describe, expect, it } from 'vitest';
import { createKernelGate, type GateEndpoint } from './gate.ts';

const words = 1024;
const endpoint = (n: number): GateEndpoint => ({
  address: `198.51.100.${n % 250}`,
  port: 1000 + n,
  protocol: 6,
});

/** A gate over an array that stands for the kernel's map. */
function gateOnArray(seed: readonly GateEndpoint[] = []) {
  const kernel = new BigUint64Array(words);
  const gate = createKernelGate(
    words,
    (changed) => {
      for (const [index, word] of changed) kernel[index] = word;
    },
    seed,
  );
  const set = () =>
    kernel.reduce((sum, word) => sum + [...word.toString(2)].filter((bit) => bit === '1').length, 0);
  return { gate, kernel, set };
}

describe('gate', () => {
  it('is empty again after everything was removed, however bits were shared', () => {
    const { gate, set } = gateOnArray();
    const many = Array.from({ length: 20_000 }, (_, n) => ({
      ...endpoint(n),
      address: `203.0.113.${n % 256}`,
    }));
    gate.add(many);
    expect(set()).toBe(gate.bits);
    expect(gate.bits).toBeGreaterThan(many.length / 4);
    gate.remove(many.slice(0, 10_000));
    expect(set()).toBe(gate.bits);
    gate.remove(many.slice(10_000));
    expect(set()).toBe(0);
  });

  it('counts an endpoint once, however often it is added', () => {
    const { gate, set } = gateOnArray();
    gate.add([endpoint(1), endpoint(1)]);
    gate.add([endpoint(1)]);
    expect(set()).toBe(1);
    gate.remove([endpoint(1)]);
    expect(set()).toBe(0);
  });

  it('tells the replies of a local backend from requests to the same address and port', () => {
    const { gate, set } = gateOnArray();
    gate.add([endpoint(1), { ...endpoint(1), localBackend: true }]);
    expect(set()).toBe(2);
  });

  it('writes nothing for a seed until it is rewritten, and then replaces what was there', () => {
    const { gate, kernel, set } = gateOnArray([endpoint(1)]);
    kernel[7] = 0xffn;
    expect(gate.bits).toBe(1);
    gate.rewrite();
    expect(set()).toBe(1);
  });
});

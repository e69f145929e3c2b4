import { createGate } from './gate.ts';
import { kernelProblem, readKernelFacts } from './kernel-facts.ts';

const gate = createGate({ name: 'kernel', problem: () => kernelProblem(readKernelFacts()) });

/** vitest's `describe` for tests that need root, BPF and libbpf; see {@link createGate} for what happens elsewhere. */
export const describeKernel = gate.describe;

/** vitest's `test` for a single test that needs root, BPF and libbpf. */
export const testKernel = gate.test;

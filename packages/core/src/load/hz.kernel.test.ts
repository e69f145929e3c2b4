import { describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { measureHz } from './hz.ts';

describeKernel('jiffies per second', () => {
  it('is one of those that kernels are built with, and the same each time', () => {
    const hz = measureHz();
    expect([100, 250, 300, 1000]).toContain(hz);
    expect(measureHz()).toBe(hz);
  });
});

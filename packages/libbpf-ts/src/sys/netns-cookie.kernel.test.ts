import { createNetns, describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { inNetns } from '../link/in-netns.ts';
import { netnsCookie } from './netns-cookie.ts';

describeKernel('netns cookie', () => {
  test('is the same each time, and another in another namespace', () => {
    using netns = createNetns('cookie');
    const here = netnsCookie();
    expect(here).toBeGreaterThan(0n);
    expect(netnsCookie()).toBe(here);
    const there = inNetns(netns.path, netnsCookie);
    expect(there).not.toBe(here);
    expect(inNetns(netns.path, netnsCookie)).toBe(there);
  });
});

import { existsSync, readdirSync } from 'node:fs';
import { describeKernel } from '@lbx/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNodeFixture, type NodeFixture } from '../../test/node-fixture.ts';
import type { LoadBalancer } from '../load-balancer.ts';
import { openProgram, programFolder } from './program-pins.ts';

describeKernel('pins of programs', () => {
  let fixture: NodeFixture;
  beforeEach(() => {
    fixture = createNodeFixture('core-programs');
  });
  afterEach(() => fixture[Symbol.dispose]());

  const attached = (lb: LoadBalancer) =>
    [...new Set(lb.status().attachments.map(({ programId }) => `${programId}`))].sort();

  it('are those of the programs that are attached, before and after a take-over, and go with the rest', () => {
    const sockets = { devices: [], podDevices: ['none*'] };
    const folder = programFolder(fixture.pins);
    const first = fixture.start(sockets);
    const before = attached(first);
    expect(readdirSync(folder).sort()).toEqual(before);
    using program = openProgram(Number(before[0]), fixture.pins);
    expect(program.id).toBe(Number(before[0]));
    first.close();
    expect(readdirSync(folder).sort()).toEqual(before);

    const second = fixture.start(sockets);
    expect(attached(second)).not.toEqual(before);
    expect(readdirSync(folder).sort()).toEqual(attached(second));
    second.remove();
    expect(existsSync(fixture.pins)).toBe(false);
  });
});

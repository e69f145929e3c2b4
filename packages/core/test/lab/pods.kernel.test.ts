import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Actor, startActor } from './actor.ts';
import { type Family, families } from './addresses.ts';
import { createLab, type Lab, type Nodes } from './lab.ts';
import { cellsOf, problemsOf } from './matrix.ts';
import { servicesOf } from './services.ts';

const served: readonly Family[] = [4, 6];
const types = ['ClusterIP', 'NodePort', 'LoadBalancer'] as const;

/** A pod whose sockets nobody looks at: its packets are translated on the node's end of its cable. */
describeKernel('packets of a pod to backends on another node', () => {
  let lab: Lab;
  let pod: Actor;
  let nodes: Nodes;
  beforeAll(async () => {
    lab = await createLab();
    pod = startActor(lab.network.pods1);
  });
  afterAll(() => lab?.[Symbol.dispose]());

  describe.each([
    { cable: 'wire', xdp: 'native' },
    { cable: 'offload', xdp: 'off' },
  ] as const)('XDP of the node’s devices: $xdp', ({ cable, xdp }) => {
    beforeAll(async () => {
      lab.network.setCable(cable);
      lab.network.setSecondCable(true);
      nodes = await lab.start({ xdp, podDevices: ['pods'] });
      await nodes.node1.apply(served.flatMap((family) => servicesOf(family, 1)));
      await nodes.node2.apply(served.flatMap((family) => servicesOf(family, 2)));
    });
    afterAll(() => nodes?.stop());

    const cells = cellsOf(served, types, (family) => families[family].local.pods[0]);
    for (const cell of cells.filter(({ behind }) => behind === 'remote')) {
      it(cell.name, async () => {
        const { target, exchange, count } = cell;
        const answers = await pod.ask(target, { ...exchange, count });
        const sees = () => [families[cell.family].local.pods[0]];
        expect(problemsOf(cell, answers, { sees })).toEqual([]);
      });
    }
  });
});

import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Family } from './addresses.ts';
import { createLab, type Lab, type Nodes } from './lab.ts';
import { cellsOf, type Mode, problemsOf } from './matrix.ts';
import { servicesOf } from './services.ts';

const served: readonly Family[] = [4, 6];

const common = { externalClusterIP: true, algorithm: 'maglev', maglevSize: 251 } as const;
const modes: readonly Mode[] = [
  {
    name: 'XDP, SNAT',
    cable: 'wire',
    options: { ...common, xdp: 'native' },
    remoteSees: () => 'node',
  },
  {
    name: 'tc, SNAT',
    cable: 'offload',
    options: { ...common, xdp: 'off' },
    remoteSees: () => 'node',
  },
];

/** Real sockets: every kind of service, asked for in every way. */
describeKernel('a client of the nodes', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab();
  }, 60_000);
  afterAll(() => lab?.[Symbol.dispose]());

  describe.each(modes)('$name', (mode) => {
    let nodes: Nodes;
    beforeAll(async () => {
      lab.network.setCable(mode.cable);
      lab.network.setSecondCable(mode.options.xdp === 'off');
      nodes = await lab.start(mode.options);
      await nodes.node1.apply(served.flatMap((family) => servicesOf(family, 1)));
      await nodes.node2.apply(served.flatMap((family) => servicesOf(family, 2)));
    }, 60_000);
    afterAll(() => nodes?.stop());

    for (const cell of cellsOf(served)) {
      it(cell.name, async () => {
        const { target, exchange, count } = cell;
        const answers = await lab.client.ask(target, { ...exchange, count });
        expect(problemsOf(cell, answers, mode)).toEqual([]);
      });
    }

    it('dropped nothing', async () => {
      for (const node of [nodes.node1, nodes.node2]) {
        const { counters } = await node.status();
        expect(Object.keys(counters).filter((name) => name.startsWith('drop'))).toEqual([]);
      }
    });
  });
});

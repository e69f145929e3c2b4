import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadBalancerOptions } from '../../src/index.ts';
import { type Family, families } from './addresses.ts';
import { createLab, type Lab, type Nodes } from './lab.ts';
import { cellsOf, problemsOf, type Sees } from './matrix.ts';
import { frontendTypes, servicesOf } from './services.ts';

const served: readonly Family[] = [4, 6];

/** How both nodes are set up. */
export interface Mode {
  readonly name: string;
  readonly cable: 'wire' | 'offload';
  readonly options: LoadBalancerOptions;
  /** Is the second pod of node 2 behind another device than the client? */
  readonly secondCable: boolean;
  /** Between nodes (1,500). */
  readonly mtu?: number;
  readonly sees: Sees;
}

/** DSR: everybody sees the client. */
export const seesClient: Sees = ({ family }) => [families[family].clients[0]];

/** SNAT: backends elsewhere see the node, those on the node the client. */
export const seesNodeElsewhere: Sees = (cell, place) =>
  place === 'local' ? seesClient(cell, place) : [families[cell.family].node[0]];

/** Hybrid: TCP by DSR, UDP by SNAT. */
export const seesHybrid: Sees = (cell, place) =>
  cell.target.protocol === 'TCP' ? seesClient(cell, place) : seesNodeElsewhere(cell, place);

/** Tests of real sockets: every kind of service, asked for by a client of the nodes in every way, in each mode. */
export function testModes(modes: readonly Mode[]): void {
  describeKernel('a client of the nodes', () => {
    let lab: Lab;
    beforeAll(async () => {
      lab = await createLab();
    });
    afterAll(() => lab?.[Symbol.dispose]());

    describe.each(modes)('$name', ({ cable, options, secondCable, mtu = 1500, sees }) => {
      let nodes: Nodes;
      beforeAll(async () => {
        lab.network.setCable(cable);
        lab.network.setSecondCable(secondCable);
        lab.network.setNodeMtu(mtu);
        nodes = await lab.start({
          externalClusterIP: true,
          algorithm: 'maglev',
          maglevSize: 251,
          ...options,
        });
        await nodes.node1.apply(served.flatMap((family) => servicesOf(family, 1)));
        await nodes.node2.apply(served.flatMap((family) => servicesOf(family, 2)));
      });
      afterAll(() => nodes?.stop());

      for (const cell of cellsOf(served, frontendTypes, (family) => families[family].clients[0])) {
        it(cell.name, async () => {
          const { target, exchange, count } = cell;
          const answers = await lab.client.ask(target, { ...exchange, count });
          expect(problemsOf(cell, answers, { sees })).toEqual([]);
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
}

import { type Cgroup, createCgroup, describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Actor, startActor } from './actor.ts';
import { type Family, families } from './addresses.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { createLab, type Lab } from './lab.ts';
import { type Cell, cellsOf, problemsOf } from './matrix.ts';
import { servicesOf } from './services.ts';

const served: readonly Family[] = [4, 6];
const types = ['ClusterIP', 'NodePort', 'LoadBalancer'] as const;

/** Sockets of the node and of its pods: translated when they connect, no packet is. */
describeKernel('processes on the node', () => {
  let lab: Lab;
  let cgroup: Cgroup;
  let balancer: Balancer;
  const actors: Record<string, Actor> = {};
  beforeAll(async () => {
    lab = await createLab();
    cgroup = createCgroup('lab');
    actors.node = startActor(cgroup.in(lab.network.node1));
    actors.pod = startActor(cgroup.in(lab.network.pods1));
    lab.network.setSecondCable(true);
    balancer = await startBalancer(lab.network.node1, { cgroup: cgroup.path, devices: [] });
    await balancer.apply(served.flatMap((family) => servicesOf(family, 1)));
  });
  afterAll(async () => {
    await balancer?.stop();
    cgroup?.close();
    lab?.[Symbol.dispose]();
  });

  describe.each([
    {
      who: 'node',
      sees: ({ family }: Cell) => {
        const { node, link, local } = families[family];
        return [...node, link[0], local.gateway];
      },
    },
    { who: 'pod', sees: ({ family }: Cell) => families[family].local.pods },
  ])('a process of the $who', ({ who, sees }) => {
    for (const cell of cellsOf(served, types, () => undefined)) {
      it(cell.name, async () => {
        const { target, exchange, count } = cell;
        const answers = await actors[who]!.ask(target, { ...exchange, count });
        expect(problemsOf(cell, answers, { sees, anyNode: true })).toEqual([]);
      });
    }
  });
});

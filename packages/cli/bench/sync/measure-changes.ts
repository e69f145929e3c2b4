import type { ApiServer } from '@lbx/testing';
import type { AgentUnderTest } from './agent-process.ts';
import { now } from './messages.ts';
import { endpointAddress, endpointsEach, sliceObject } from './objects.ts';
import { percentile, row, type Series } from './rows.ts';

const puts = 200;
let generation = 0;

/** One endpoint of one service gets another address, by a PUT to the API server, again and again. */
export async function measureOneEndpoint(
  series: Series,
  name: string,
  { server, agent, services }: { server: ApiServer; agent: AgentUnderTest; services: number },
) {
  const latencies: number[] = [];
  const before = await agent.usage();
  const from = agent.applied.length;
  for (let i = 0; i < puts; i++) {
    const service = (i * 7919) % services;
    const addresses = Array.from({ length: endpointsEach }, (_, e) => endpointAddress(service, e));
    addresses[0] = endpointAddress(service, 0, ++generation);
    const seen = agent.applied.length;
    const sent = now();
    await server.replace(sliceObject(service, addresses));
    await agent.until(() => agent.applied.length > seen);
    latencies.push(agent.applied[seen]!.at - sent);
  }
  const { cpuMs, stallMs } = await agent.usage();
  const dump = (await agent.dump()).join('\n');
  const lastAddress = endpointAddress(((puts - 1) * 7919) % services, 0, generation);
  if (!dump.includes(lastAddress)) throw new Error(`${name}: ${lastAddress} was put and is not in the maps`);
  const changes = agent.applied.slice(from);
  series.add(`${name}-put-p50`, 'ms', percentile(latencies, 50));
  series.add(`${name}-put-p99`, 'ms', percentile(latencies, 99));
  series.add(`${name}-put-cpu`, 'ms', (cpuMs - before.cpuMs) / puts);
  series.add(`${name}-put-stall`, 'ms', stallMs);
  return [
    row(
      `${name}-put-apply`,
      'ms',
      changes.map(({ applyMs }) => applyMs),
    ),
    row(
      `${name}-put-writes`,
      'writes',
      changes.map(({ writes }) => writes),
    ),
  ];
}

const slices = 10;
const sliceSize = 100;
const step = 10;

/** A service of 1,000 endpoints in slices of 100 is restarted: ten endpoints at a time give way to new ones. */
export async function measureRollingRestart(
  series: Series,
  name: string,
  { server, agent, service }: { server: ApiServer; agent: AgentUnderTest; service: number },
): Promise<void> {
  const parts = Array.from({ length: slices }, (_, part) =>
    Array.from({ length: sliceSize }, (_, i) => endpointAddress(service, part * sliceSize + i, 1)),
  );
  await server.createAll(parts.map((addresses, part) => sliceObject(service, addresses, part)));
  await agent.quiet(500);
  const before = await agent.usage();
  const from = agent.applied.length;
  const began = now();
  for (let at = 0; at < sliceSize; at += step) {
    for (const [part, addresses] of parts.entries()) {
      for (let i = at; i < at + step; i++) addresses[i] = endpointAddress(service, part * sliceSize + i, 2);
      await server.replace(sliceObject(service, addresses, part));
    }
  }
  const ended = now();
  await agent.until(() => agent.applied.at(-1)!.at > ended - 1);
  await agent.quiet(500);
  const changes = agent.applied.slice(from);
  const sum = (of: (change: (typeof changes)[number]) => number) =>
    changes.reduce((total, change) => total + of(change), 0);
  const { cpuMs, stallMs } = await agent.usage();
  series.add(`${name}-rolling-time`, 'ms', changes.at(-1)!.at - began);
  series.add(`${name}-rolling-lag`, 'ms', changes.at(-1)!.at - ended);
  series.add(`${name}-rolling-cpu`, 'ms', cpuMs - before.cpuMs);
  series.add(
    `${name}-rolling-apply`,
    'ms',
    sum(({ applyMs }) => applyMs),
  );
  series.add(
    `${name}-rolling-writes`,
    'writes',
    sum(({ writes }) => writes),
  );
  series.add(`${name}-rolling-stall`, 'ms', stallMs);
}

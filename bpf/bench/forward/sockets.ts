import { objectPath } from '@lbx/bpf';
import { createCgroup, type Netns } from '@lbx/testing';
import { inNetns, load } from 'libbpf-ts';
import { type BenchRow, minAndMedian } from '../../../scripts/bench-row.ts';
import { start } from './child.ts';
import { place, ports } from './place.ts';
import type { SocketRequest } from './socket-loop.ts';

const RUNS = 11;
const kinds = [
  { kind: 'transactions', count: 2000, label: 'rr' },
  { kind: 'connections', count: 1000, label: 'connect-rst' },
] as const;
const OTHER_SERVICES = 9_999;

/**
 * Rows of TCP: `rr`, the p50 of a byte there and back, and `connect-rst`, a connection that is opened and reset. The
 * floor is the node talking to the backend as such.
 */
export async function socketRows(node: Netns, lan: Netns): Promise<BenchRow[]> {
  using cgroup = createCgroup('forward');
  const server = start(lan, 'socket-loop', 'serve', `${place.lan}:${ports.server}`);
  await server.next();
  const clients = {
    node: start(cgroup.in(node), 'socket-loop', 'client'),
    lan: start(lan, 'socket-loop', 'client'),
  };
  const rows = new Map(kinds.map(({ kind }) => [kind, [] as BenchRow[]]));
  const measure = async (from: keyof typeof clients, target: string, name: (label: string) => string) => {
    for (const { kind, count, label } of kinds) {
      const ask = async (howMany: number) => {
        const request: SocketRequest = { kind, target, count: howMany };
        return (await clients[from].ask(request)) as number;
      };
      await ask(count / 4);
      const results: number[] = [];
      for (let i = 0; i < RUNS; i++) results.push(await ask(count));
      const measured = minAndMedian(results);
      rows.get(kind)!.push({
        suite: 'forward',
        case: name(label),
        unit: 'us',
        min: Number(measured.min.toFixed(2)),
        median: Number(measured.median.toFixed(2)),
        runs: RUNS,
      });
    }
  };

  await measure('node', `${place.lan}:${ports.server}`, (label) => `floor-${label}`);
  const balancer = start(node, 'balancer-process', cgroup.path, String(OTHER_SERVICES));
  await balancer.next();
  await measure('node', `${place.clusterIp}:80`, (label) => `${label}-node-clusterip`);
  // What the node's XDP program sends back over a veth only arrives where a program waits for it.
  using pass = load(objectPath('pass'));
  using _port = inNetns(lan.path, () => pass.program('lbx_pass').attachXdp({ ifindex: place.device }));
  await measure('lan', `${place.node}:${ports.real}`, (label) => `${label}-client-nodeport`);
  await balancer.ask('stop');
  return [...rows.values()].flat();
}

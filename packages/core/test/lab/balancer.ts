import { fileURLToPath } from 'node:url';
import type { ServiceSpec } from '@lbx/maps';
import type { Netns } from '@lbx/testing';
import type { ApplyReport, LoadBalancerOptions, Status } from '../../src/index.ts';
import { talkTo } from '../lines.ts';

/** A load balancer in a process of its own, inside a namespace. */
export interface Balancer {
  /** Throws when anything was refused. */
  apply(services: readonly ServiceSpec[]): Promise<void>;
  status(): Promise<Status>;
  /** Detaches it and ends the process. */
  stop(): Promise<void>;
}

export async function startBalancer(ns: Netns, options: LoadBalancerOptions): Promise<Balancer> {
  const script = fileURLToPath(new URL('../lb-process.ts', import.meta.url));
  const lines = talkTo(
    ns.spawn(
      process.execPath,
      [
        '--conditions=@lbx/source',
        script,
        JSON.stringify({ devices: ['eth0', 'eth1'], cgroup: false, pins: false, ...options }),
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    ),
  );
  await lines.next();
  const call = async (...request: unknown[]) => JSON.parse(await lines.ask(JSON.stringify(request)));
  return {
    async apply(services) {
      const { failed, refused }: ApplyReport = await call('apply', services);
      if (failed.length + refused.length > 0)
        throw new Error(`not programmed: ${JSON.stringify([...failed, ...refused])}`);
    },
    status: () => call('status'),
    async stop() {
      await call('remove');
      await lines.kill();
    },
  };
}

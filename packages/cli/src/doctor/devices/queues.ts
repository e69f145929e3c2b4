import { availableParallelism } from 'node:os';
import { defineCheck } from '../check.ts';
import { noDevice, perDevice, type XdpFacts, xdpFacts } from './device-facts.ts';
import { mostQueues } from './xdp-queues.ts';

export interface QueueFacts {
  readonly devices: readonly XdpFacts[];
  readonly cpus: number;
}

export const queuesCheck = defineCheck<QueueFacts>({
  id: 'queues',
  group: 'devices',
  tries: "reads the devices' queues and the number of CPUs",
  matters: 'one queue means one CPU for all packets',
  remedy: 'ethtool -L DEVICE combined N; of a virtual machine: more queues in its definition',
  needsRoot: false,
  skips: noDevice,
  probe: (context) => ({ devices: xdpFacts(context), cpus: availableParallelism() }),
  judge: ({ devices, cpus }) =>
    perDevice(devices, (facts) => {
      const { device, channels, driver = 'its driver' } = facts;
      if (channels === undefined || device.kind !== undefined)
        return { status: 'ok', found: `${driver} has no queues to choose` };
      const now = Math.max(channels.combined, channels.rx);
      const most = mostQueues(facts);
      if (now >= cpus) return { status: 'ok', found: `${now} queues for ${cpus} CPUs` };
      if (most > now) {
        return {
          status: 'warn',
          found: `${now} of ${most} queues in use, for ${cpus} CPUs`,
          remedy: `ethtool -L ${device.name} ${channels.maxCombined > 0 ? 'combined' : 'rx'} ${Math.min(most, cpus)}`,
        };
      }
      return {
        status: 'note',
        found: `${driver} has ${now} ${now === 1 ? 'queue' : 'queues'} for ${cpus} CPUs, and no more to give`,
      };
    }),
});

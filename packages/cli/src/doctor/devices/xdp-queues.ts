import { availableParallelism } from 'node:os';
import type { Channels } from 'libbpf-ts';
import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';
import { noXdp, perDevice, type XdpFacts, xdpFacts } from './device-facts.ts';

export interface XdpQueueFacts {
  readonly devices: readonly XdpFacts[];
  readonly cpus: number;
}

type Judge = (device: string, channels: Channels, cpus: number) => Omit<Verdict, 'about'> | undefined;

/** Drivers that keep queues of their own for what XDP sends, and how. */
const drivers: Readonly<Record<string, Judge>> = {
  // Amazon's: a queue for sending beside each that receives.
  ena: (device, { combined, maxCombined }) =>
    2 * combined <= maxCombined
      ? undefined
      : {
          status: 'fail',
          found: `ena takes XDP on at most half of its ${maxCombined} queues, and ${combined} are in use`,
          remedy: `ethtool -L ${device} combined ${Math.max(1, Math.floor(maxCombined / 2))}`,
        },
  // Google's: the same, and as many for sending as for receiving.
  gve(device, { rx, tx, maxTx }) {
    if (rx === tx && 2 * tx <= maxTx) return undefined;
    const fit = Math.max(1, Math.min(rx, Math.floor(maxTx / 2)));
    return {
      status: 'fail',
      found: `gve takes XDP with as many queues for sending as for receiving, and at most half of its ${maxTx}; in use are ${tx} and ${rx}`,
      remedy: `ethtool -L ${device} rx ${fit} tx ${fit}`,
    };
  },
  // A queue for each CPU beside those in use, or one lock for all.
  virtio_net: (_, { combined, maxCombined }, cpus) =>
    combined + cpus <= maxCombined
      ? undefined
      : {
          status: 'note',
          found: `XDP would like a queue for each of ${cpus} CPUs beside the ${combined} in use, virtio_net has ${maxCombined} in all: what XDP sends shares them, under a lock`,
          remedy: `give the virtual machine ${2 * cpus} queues`,
        },
};

/** The most queues that a device can have in use without being refused XDP. */
export function mostQueues({
  driver = '',
  channels,
  wanted,
}: Pick<XdpFacts, 'driver' | 'channels' | 'wanted'>): number {
  if (channels === undefined) return 0;
  const { maxCombined, maxRx, maxTx } = channels;
  const isHalved = wanted !== 'off' && wanted !== 'generic';
  if (isHalved && driver === 'ena') return Math.floor(maxCombined / 2);
  if (isHalved && driver === 'gve') return Math.min(maxRx, Math.floor(maxTx / 2));
  return Math.max(maxCombined, maxRx);
}

export const xdpQueuesCheck = defineCheck<XdpQueueFacts>({
  id: 'xdp-queues',
  group: 'devices',
  tries: 'compares the queues in use with what the driver wants for XDP (ena, gve, virtio_net)',
  matters: 'drivers refuse XDP without queues to send by, or share them under a lock',
  remedy: 'ethtool -L DEVICE combined N; of a virtual machine: more queues in its definition',
  needsRoot: false,
  skips: noXdp,
  probe: (context) => ({ devices: xdpFacts(context), cpus: availableParallelism() }),
  judge: ({ devices, cpus }) =>
    perDevice(devices, ({ device, driver = '', channels, wanted, programs }) => {
      if (wanted === 'off' || wanted === 'generic')
        return { status: 'ok', found: `needs none: --xdp ${wanted}` };
      const verdict = channels === undefined ? undefined : drivers[driver]?.(device.name, channels, cpus);
      if (verdict === undefined) return { status: 'ok', found: 'enough, as far as is known of the driver' };
      // It runs: this driver is another than the one that is known.
      if (verdict.status === 'fail' && programs.some(({ mode }) => mode === 'native'))
        return { status: 'ok', found: 'enough: native XDP runs now' };
      return verdict.status === 'fail' && wanted === 'auto' ? { ...verdict, status: 'warn' } : verdict;
    }),
});

import { defaultPacketSettings, type PacketSettings } from '@lbx/maps';
import { hertz } from '../xdp-lab.ts';
import { type ControlPlane, createControlPlane } from './control-plane.ts';
import { type Jiffies, readJiffies } from './jiffies.ts';
import { createKernel, type Kernel, type KernelOptions, MAGLEV_SIZE, SNAT_PORTS } from './kernel.ts';
import { places } from './place.ts';

/** A kernel and an oracle side by side. */
export interface Arena extends Disposable {
  readonly kernel: Kernel;
  readonly control: ControlPlane;
  readonly settings: PacketSettings;
  readonly jiffies: Jiffies;
}

/** `settings`: what `options.variables` say, in the oracle's words. */
export function createArena(options: KernelOptions, settings: Partial<PacketSettings> = {}): Arena {
  const kernel = createKernel(options);
  return {
    kernel,
    control: createControlPlane(kernel, options),
    settings: { ...settingsOf(options), ...settings },
    jiffies: readJiffies(),
    [Symbol.dispose]: () => kernel[Symbol.dispose](),
  };
}

function settingsOf({ algorithm, snatPorts, derived, gate, wildcards }: KernelOptions): PacketSettings {
  return {
    ...defaultPacketSettings,
    hz: hertz(),
    snatAddress4: places[4].node,
    snatAddress6: places[6].node,
    snatPorts: snatPorts ?? SNAT_PORTS,
    derived: derived ?? true,
    gate: gate ?? true,
    wildcards: wildcards ?? true,
    algorithm: algorithm ?? 'random',
    maglevSize: MAGLEV_SIZE,
  };
}

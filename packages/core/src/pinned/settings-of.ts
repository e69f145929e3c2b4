import { DEFAULT_SEED_TEXT, type PacketSettings } from '@lbx/maps';
import type { ResolvedOptions } from '../options/resolve-options.ts';

/** How programs choose, by the constants that they were loaded with. */
export interface ProgramSettings {
  readonly packets: Partial<PacketSettings>;
  readonly nodePortRange: readonly [number, number];
  readonly externalIpsAnywhere: boolean;
  /** Base64, as `maglevSeed` of options; the first four bytes, which name backends, are not in the programs: 0 where it was read from them. */
  readonly maglevSeed: string;
}

/** Those of programs that are loaded with these options. @param hz - jiffies a second; 0 where no packet programs are loaded. */
export function settingsOf(options: ResolvedOptions, hz: number): ProgramSettings {
  const { snatPorts, snatAddress, snatAddress6, algorithm, maglevSize, timeouts } = options;
  return {
    packets: {
      hz: hz || 250,
      snatPorts,
      ...(snatAddress === undefined ? {} : { snatAddress4: snatAddress }),
      ...(snatAddress6 === undefined ? {} : { snatAddress6 }),
      gate: true,
      wildcards: options.wildcards,
      derived: true,
      algorithm,
      maglevSize,
      tcpNewSeconds: timeouts.tcpNew,
      tcpOpenSeconds: timeouts.tcpOpen,
      tcpHalfClosedSeconds: timeouts.tcpHalfClosed,
      tcpClosedSeconds: timeouts.tcpClosed,
      udpNewSeconds: timeouts.udpNew,
      udpOpenSeconds: timeouts.udpOpen,
    },
    nodePortRange: options.nodePortRange,
    externalIpsAnywhere: options.externalIPsAnywhere,
    maglevSeed: options.maglevSeed ?? DEFAULT_SEED_TEXT,
  };
}

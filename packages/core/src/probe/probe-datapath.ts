import { existsSync } from 'node:fs';
import { loadDatapath } from '../load/datapath.ts';
import type { Family } from '../network/node-addresses.ts';
import type { LoadBalancerOptions } from '../options/options.ts';
import { resolveOptions } from '../options/resolve-options.ts';
import { createUndo } from '../undo.ts';

/** What a kernel made of the programs. */
export interface DatapathProbe {
  readonly families: readonly Family[];
  /** Names of the programs that were loaded. */
  readonly programs: readonly string[];
  /** Jiffies per second of this kernel. */
  readonly hz: number;
  /** Milliseconds that it took. */
  readonly ms: number;
}

/** Small, so that what is asked for is the kernel's opinion and not its memory. */
const small = { flows: 1024, endpoints: 64, snatPorts: [10_000, 10_063], sweepSeconds: false } as const;

/**
 * Loads the programs as a load balancer would, on small maps of their own, and lets go of them: what the verifier, the JIT
 * compiler and the kernel's maps and helpers have to say, with nothing attached, pinned or left behind.
 * @throws what `createLoadBalancer` would throw: LoadError, VerifierError, CoreError.
 */
export function probeDatapath(parts: {
  readonly packets: boolean;
  readonly pods?: boolean;
  readonly sockets?: boolean;
  readonly options?: Pick<LoadBalancerOptions, 'redirect' | 'flowTable' | 'algorithm'>;
}): DatapathProbe {
  const started = performance.now();
  const families: Family[] = existsSync('/proc/sys/net/ipv6') ? [4, 6] : [4];
  const options = resolveOptions(
    {
      ...small,
      ...parts.options,
      families,
      pins: false,
      nodeAddresses: [],
      // A name that no device has: nothing is attached.
      devices: parts.packets ? ['lbx probe'] : [],
      podDevices: parts.pods === true ? ['lbx probe'] : [],
    },
    { devices: [], addresses: [] },
  );
  const undo = createUndo();
  try {
    const datapath = loadDatapath(options, parts.sockets ?? true, undo);
    const programs = [...datapath.programs.byName.keys()];
    return { families, programs, hz: datapath.hz, ms: performance.now() - started };
  } finally {
    undo.run();
  }
}

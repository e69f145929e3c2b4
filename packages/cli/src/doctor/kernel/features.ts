import { existsSync } from 'node:fs';
import { features } from 'libbpf-ts';
import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';

/** What is asked for, by name. */
export type FeatureFacts = Readonly<Record<string, boolean>>;

interface Wanted {
  readonly has: () => boolean;
  /** `fail`: nothing works without. */
  readonly without: 'fail' | 'note' | 'warn';
  readonly means: string;
}

/** bpf_redirect_peer(). */
const redirectPeer = 155;

const wanted: Readonly<Record<string, Wanted>> = {
  'batch operations': {
    has: features.haveBatch,
    without: 'warn',
    means: 'maps are read and written entry by entry (Linux 5.6)',
  },
  'ring buffers': {
    has: () => features.haveMapType('ringbuf'),
    without: 'warn',
    means: 'lbx monitor has nothing to read (Linux 5.8)',
  },
  'maps of maps': {
    has: () => features.haveMapType('array_of_maps'),
    without: 'fail',
    means: 'no Maglev tables',
  },
  'prefix tries': { has: () => features.haveMapType('lpm_trie'), without: 'fail', means: 'no source ranges' },
  'cgroup links': {
    has: () => features.haveLink('cgroup'),
    without: 'fail',
    means: 'no socket load balancing (Linux 5.7)',
  },
  'XDP links': {
    has: () => features.haveLink('xdp'),
    without: 'fail',
    means: 'no XDP that outlives its process (Linux 5.9)',
  },
  'tcx links': {
    has: () => features.haveLink('tcx'),
    without: 'note',
    means: 'tc programs become filters on a clsact qdisc (tcx: Linux 6.6)',
  },
  iterators: {
    has: () => features.haveLink('iter'),
    without: 'note',
    means: 'connected UDP sockets of removed backends are found more slowly (Linux 5.8)',
  },
  'redirect into pods': {
    has: () => features.haveHelper('sched_cls', redirectPeer),
    without: 'note',
    means: "packets to pods go through the node's network stack (Linux 5.10)",
  },
  "the kernel's BTF": {
    has: () => existsSync('/sys/kernel/btf/vmlinux'),
    without: 'note',
    means: 'sockets of removed backends cannot be looked for in the kernel (CONFIG_DEBUG_INFO_BTF)',
  },
};

export const featuresCheck = defineCheck<FeatureFacts>({
  id: 'kernel-features',
  group: 'kernel',
  tries: 'tries map types, batch operations, link types and helpers, each by itself',
  matters: 'parts of lbx go without: the finding says which',
  remedy: 'use a kernel of the version that the finding names',
  needsRoot: true,
  probe: () => Object.fromEntries(Object.entries(wanted).map(([name, { has }]) => [name, has()])),
  judge(facts) {
    const missing: Verdict[] = Object.entries(wanted)
      .filter(([name]) => facts[name] === false)
      .map(([about, { without, means }]) => ({
        status: without,
        about,
        found: `this kernel has none: ${means}`,
        ...(without === 'note' ? {} : { remedy: 'use a newer kernel' }),
      }));
    if (missing.length > 0) return missing;
    return [{ status: 'ok', found: Object.keys(wanted).join(', ') }];
  },
});

import { defineCheck } from '../check.ts';

export interface ConntrackFacts {
  readonly count?: number;
  readonly max?: number;
}

export const connectionTrackingCheck = defineCheck<ConntrackFacts>({
  id: 'conntrack',
  group: 'network settings',
  tries: 'reads how full the table of the kernel’s own connection tracking is',
  matters: 'packets to local pods still pass the kernel’s netfilter; a full table drops new connections',
  remedy: 'sysctl -w net.netfilter.nf_conntrack_max=N (and fewer rules that track)',
  needsRoot: false,
  probe({ read }) {
    const number = (name: string) => {
      const text = read(`/proc/sys/net/netfilter/nf_conntrack_${name}`);
      return text === undefined ? undefined : Number(text);
    };
    const [count, max] = [number('count'), number('max')];
    return { ...(count === undefined ? {} : { count }), ...(max === undefined ? {} : { max }) };
  },
  judge({ count, max }) {
    if (count === undefined || max === undefined || max === 0) return [{ status: 'ok', found: 'not in use' }];
    const share = Math.round((100 * count) / max);
    const found = `${count} of ${max} entries (${share} %)`;
    if (share < 80) return [{ status: 'ok', found }];
    return [{ status: 'warn', found, remedy: `sysctl -w net.netfilter.nf_conntrack_max=${2 * max}` }];
  },
});

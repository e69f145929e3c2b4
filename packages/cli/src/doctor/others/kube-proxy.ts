import { listIptablesChains, listNftablesChains, type NetfilterChain } from 'libbpf-ts';
import { defineCheck } from '../check.ts';

export interface KubeProxyFacts {
  readonly chains: readonly NetfilterChain[];
  readonly ipvs: boolean;
}

export const kubeProxyCheck = defineCheck<KubeProxyFacts>({
  id: 'kube-proxy',
  group: 'others on this node',
  tries: "looks for kube-proxy's chains in nftables and iptables, and for the device of its ipvs mode",
  matters:
    'both translate: what lbx passes (or has not learnt yet) goes by rules that nobody may keep any more',
  remedy: 'take kube-proxy off the node, and its rules: kube-proxy --cleanup',
  needsRoot: true,
  probe: ({ allDevices }) => ({
    chains: [...listNftablesChains(), ...listIptablesChains()].filter(
      ({ table, chain }) => table === 'kube-proxy' || chain === 'KUBE-SERVICES',
    ),
    ipvs: allDevices.some(({ name }) => name === 'kube-ipvs0'),
  }),
  judge({ chains, ipvs }) {
    const places = new Set(
      chains.map(({ by, table, chain }) =>
        table === 'kube-proxy' ? `${by} table kube-proxy` : `${by} chain ${chain} in ${table}`,
      ),
    );
    const found = [...places, ...(ipvs ? ['the device kube-ipvs0'] : [])];
    if (found.length === 0) return [{ status: 'ok', found: 'nothing of kube-proxy' }];
    return [
      {
        status: 'warn',
        found: `rules of kube-proxy: ${found.join(', ')}`,
        remedy: 'beside a running kube-proxy that is meant to be; else remove them: kube-proxy --cleanup',
      },
    ];
  },
});

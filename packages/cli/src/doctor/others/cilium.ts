import { existsSync, readdirSync } from 'node:fs';
import { defineCheck } from '../check.ts';

export const ciliumCheck = defineCheck<{ readonly folder: string; readonly pins: readonly string[] }>({
  id: 'cilium',
  group: 'others on this node',
  tries: "looks for Cilium's pins in the BPF file system",
  matters: 'a Cilium that replaces kube-proxy serves the same services',
  remedy:
    'kubeProxyReplacement=false in Cilium, or leave services to it; lbx dump --layout cilium shows what it has',
  needsRoot: true,
  probe() {
    const folder = '/sys/fs/bpf/tc/globals';
    const pins = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('cilium_')) : [];
    return { folder, pins };
  },
  judge({ folder, pins }) {
    if (pins.length === 0) return [{ status: 'ok', found: 'nothing of Cilium is pinned' }];
    const serves = pins.some((name) => name.startsWith('cilium_lb4_services'));
    return [
      {
        status: serves ? 'warn' : 'note',
        found: `${pins.length} maps of Cilium in ${folder}${serves ? ', those of its load balancer among them' : ''}`,
        remedy:
          'if Cilium serves Services here (kubeProxyReplacement), do without lbx on this node, or switch that off',
      },
    ];
  },
});

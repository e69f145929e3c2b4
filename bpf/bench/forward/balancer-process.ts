// Run inside the node's namespace: balancer-process CGROUP SERVICES. Balances one service for real sockets among so
// many others until it is told anything.
import type { ServiceSpec } from '@lbx/maps';
import { startBalancer } from './balancer.ts';
import { place, ports } from './place.ts';
import { nodePortServices } from './services.ts';

const [, , cgroup = '', others = '0'] = process.argv;
const real: ServiceSpec = {
  name: 'bench/real',
  frontends: [
    { address: '0.0.0.0', port: ports.real, protocol: 'TCP', type: 'NodePort' },
    { address: place.clusterIp, port: 80, protocol: 'TCP', type: 'ClusterIP' },
  ],
  backends: [{ address: place.lan, port: ports.server, protocol: 'TCP', node: 'other' }],
};
const balancer = startBalancer({ xdp: 'native', cgroup });
const { failed, refused } = balancer.apply([real, ...nodePortServices(Number(others), 'random')]);
if (failed.length + refused.length > 0) throw new Error('not all frontends were written');
console.log('balancing');
process.stdin.once('data', () => {
  balancer.close();
  console.log('null');
  process.exit(0);
});

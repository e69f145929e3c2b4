// An L4 load balancer without Kubernetes: services from a YAML file, which is followed; packets of a network device.
//     node l4-balancer.ts FILE DEVICE
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createLoadBalancer } from '@lbx/core';
import { parseServiceSpec } from '@lbx/maps';
import { parse } from 'yaml';

const [file = 'services.yaml', device = 'eth0'] = process.argv.slice(2);
const lb = createLoadBalancer({
  devices: [device],
  cgroup: false, // no sockets of this machine
  pins: false, // nothing stays when it ends
  algorithm: 'maglev',
  maglevSize: 251,
  traffic: true,
  onNotice: console.error,
});

function serve(): void {
  const services = (parse(readFileSync(file, 'utf8')) as unknown[]).map((service) =>
    parseServiceSpec(service),
  );
  const { frontends, refused } = lb.apply(services);
  for (const { name, error } of refused) console.error(`${name}: ${error.message}`);
  console.log(`serving ${frontends} frontends on ${device}`);
}

serve();
watchFile(file, { interval: 1000 }, serve);
process.once('SIGTERM', () => {
  for (const { name, requests } of lb.traffic().frontends)
    console.log(`${name}: ${requests.packets} packets came`);
  unwatchFile(file);
  lb.close();
});

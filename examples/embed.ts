// Inside a CNI: its own tc program stays first on the device, and the load balancer has its maps and links in the CNI's folder.
//     node embed.ts OBJECT PROGRAM DEVICE FOLDER
import { createLoadBalancer } from '@lbx/core';
import { parseServiceSpec } from '@lbx/maps';
import { load, queryTcx } from 'libbpf-ts';

const [object = 'cni.bpf.o', program = 'cni_ingress', device = 'eth0', folder = '/sys/fs/bpf/cni'] =
  process.argv.slice(2);
const own = load(object);
const link = own.program(program).attachTc({ ifindex: device, direction: 'ingress' });

const lb = createLoadBalancer({
  devices: [device],
  podDevices: ['pod*'], // the CNI's ends of pods' veths, as they come and go
  xdp: 'off', // the driver's hook is the CNI's
  families: [4],
  cgroup: false,
  pins: `${folder}/services`,
  onNotice: (notice) => console.error(`services: ${notice}`),
});
lb.apply([
  parseServiceSpec({
    name: 'web',
    frontends: ['198.51.100.1:80/TCP'],
    backends: ['192.0.2.20:8080', '192.0.2.21:8080'],
  }),
]);

function show(when: string): void {
  const names = queryTcx({ ifindex: device, direction: 'ingress' }).map(({ linkId, programName }) =>
    linkId === link.info().id ? 'the own program' : programName,
  );
  console.log(`${when}: ${names.join(', then ')}`);
}
show(`at ${device}`);
for (const { name, hook, device: at = '' } of lb.status().attachments) console.log(`  ${hook} ${at} ${name}`);

// The CNI goes on with its work; here it is removed at once when told to.
const alive = setInterval(() => {}, 60_000);
process.once('SIGTERM', () => {
  lb.remove(); // exactly what it made
  show('without the load balancer');
  link.close();
  own.close();
  clearInterval(alive);
});

import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createLoadBalancer, findCgroup2 } from '@lbx/core';
import { parseServiceSpec } from '@lbx/maps';

// The sockets of one cgroup are balanced, here our own. Leave `cgroup` out for those of the whole machine.
const cgroup = `${findCgroup2()}/lbx-example-${process.pid}`;
mkdirSync(cgroup);
writeFileSync(`${cgroup}/cgroup.procs`, `${process.pid}`);
process.once('exit', () => {
  writeFileSync(`${cgroup}/../cgroup.procs`, `${process.pid}`);
  rmdirSync(cgroup);
});

const servers = [18081, 18082].map((port) =>
  createServer((_, response) => response.setHeader('connection', 'close').end(`port ${port}`)).listen(port),
);
const lb = createLoadBalancer({ cgroup, pins: false });
const backends = ['127.0.0.1:18081', '127.0.0.1:18082'];
lb.apply([parseServiceSpec({ name: 'web', frontends: ['198.51.100.1:80/TCP'], backends })]);
for (let i = 0; i < 6; i++) {
  const response = await fetch('http://198.51.100.1/');
  console.log(`http://198.51.100.1/ was answered by ${await response.text()}`);
}
lb.close(); // without pins, nothing of it stays in the kernel
for (const server of servers) server.close();

import { createInterface } from 'node:readline';
import { createLoadBalancer } from '../src/index.ts';

// Run as a child inside a network namespace: a load balancer with the options of the first argument (JSON). Calls its
// methods as lines of standard input ask (["apply", [...]]) and answers each with a line.
const answer = (value: unknown) => console.log(JSON.stringify(value ?? null));
const loadBalancer = createLoadBalancer(JSON.parse(process.argv[2] ?? '{}'));
answer(loadBalancer.summary());
for await (const line of createInterface(process.stdin)) {
  const [method, ...args] = JSON.parse(line) as [
    'apply' | 'status' | 'dump' | 'traffic' | 'remove' | 'unread',
    ...never[],
  ];
  if (method === 'unread')
    answer(loadBalancer.setUnread({ unclaimed: false, services: new Set<string>(args[0]) }));
  else answer((loadBalancer[method] as (...args: never[]) => unknown)(...args));
}
loadBalancer.close();

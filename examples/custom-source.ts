// Services from somewhere else than Kubernetes: a catalog that is asked over HTTP and answers when it has changed.
//     node custom-source.ts URL CGROUP
import { createLoadBalancer, findCgroup2 } from '@lbx/core';
import { parseServiceSpec } from '@lbx/maps';

/** What the catalog answers: who serves, by service, and whether those are well. */
interface Catalog {
  readonly [service: string]: {
    readonly vip: string;
    readonly port: number;
    readonly instances: readonly {
      readonly address: string;
      readonly port: number;
      readonly passing: boolean;
    }[];
  };
}

const [url = 'http://127.0.0.1:8500/catalog', cgroup = findCgroup2()] = process.argv.slice(2);
const lb = createLoadBalancer({ ...(cgroup === undefined ? {} : { cgroup }), pins: false });
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

let index = '0';
while (!stop.signal.aborted) {
  try {
    // The answer comes when there is something newer than `index`.
    const response = await fetch(`${url}?index=${index}`, { signal: stop.signal });
    const catalog = (await response.json()) as Catalog;
    index = response.headers.get('x-index') ?? '0';
    const services = Object.entries(catalog).map(([name, { vip, port, instances }]) =>
      parseServiceSpec({
        name,
        frontends: [`${vip}:${port}/TCP`],
        backends: instances.map(({ address, port: at, passing }) => ({
          address,
          port: at,
          state: passing ? 'active' : 'quarantined',
        })),
      }),
    );
    const { frontends, writes } = lb.apply(services); // writes only what differs
    console.log(`index ${index}: ${frontends} frontends, ${writes} writes`);
  } catch (error) {
    if (stop.signal.aborted) break;
    console.error(`${url}: ${(error as Error).message}; what is served stays`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
lb.close();

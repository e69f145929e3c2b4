// A node agent in 30 lines: follows the services of a cluster, and balances what processes of this node connect to.
//     node agent.ts SERVER NODE CGROUP PINS
import { createLoadBalancer, defaultPins, findCgroup2 } from '@lbx/core';
import { clusterSource, createTranslator } from '@lbx/k8s-sync';

const [server = 'http://127.0.0.1:8001', nodeName = 'node-a', cgroup = findCgroup2(), pins = defaultPins] =
  process.argv.slice(2);
const lb = createLoadBalancer({ ...(cgroup === undefined ? {} : { cgroup }), pins, onNotice: console.error });
const translator = createTranslator({ nodeName });
const source = clusterSource({ server, nodeName });

await source.start((event) => {
  translator.apply(event);
  if (event.type === 'problem') console.error(event.error.message);
  if (event.type === 'synced') {
    // Everything that exists has been told: from now on nothing else is served.
    const { frontends } = lb.apply(translator.translate().frontends);
    translator.translateChanges();
    console.log(`synced: ${frontends} frontends`);
  } else if (source.status().synced) {
    const changes = translator.translateChanges();
    if (changes.size > 0) console.log(`changed: ${[...changes.keys()]}, ${lb.update(changes).writes} writes`);
  }
});

process.once('SIGTERM', async () => {
  await source.close();
  lb.close(); // what is in force stays, until the next agent takes it over
});

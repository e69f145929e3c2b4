// Run inside the node's namespace, on one CPU: packets-process LAN. Prints a row of the bench a line.
import { type BenchRow, minAndMedian } from '../../../scripts/bench-row.ts';
import { createArm, type Stream, type Tally } from './arm.ts';
import { startBalancer } from './balancer.ts';
import { place, ports } from './place.ts';
import { backendPorts, nodePortServices } from './services.ts';

const known = { runs: 7, frames: 50_000 } as const;
/** New flows use up SNAT ports: with the warm-up, a fourth of what one service's backends have. */
const fresh = { runs: 5, frames: 10_000 } as const;
const WARM_UP = 10_000;
const FLOWS = 10_000;
const SERVICES = [1, 100, 1000, 10_000] as const;
const ENDS = [1, 10_000] as const;

const [, , lan = ''] = process.argv;
using arm = createArm({
  netns: lan,
  device: place.device,
  mac: place.lanMac,
  nodeMac: place.nodeMac,
  clients: place.clients.replace('/24', ''),
});

const direct: Stream = {
  protocol: 'UDP',
  address: place.backends.replace('0/24', '7'),
  port: ports.backend,
  flows: FLOWS,
};
arm.load(direct);
measure('floor-routing', known);
{
  using _bounce = arm.object.program('forward_bounce').attachXdp({ ifindex: place.device, mode: 'native' });
  measure('floor-bounce', known);
}
for (const services of SERVICES) measureServices('xdp', services, 'random');
for (const services of ENDS) measureServices('xdp', services, 'maglev');
{
  using _bounce = arm.object
    .program('forward_bounce_tc')
    .attachTc({ ifindex: place.device, direction: 'ingress' });
  arm.load(direct);
  measure('floor-bounce-tc', known);
}
for (const services of ENDS) measureServices('tc', services, 'random');

function measureServices(hook: 'xdp' | 'tc', services: number, algorithm: 'random' | 'maglev'): void {
  using balancer = startBalancer({ xdp: hook === 'xdp' ? 'native' : 'off', cgroup: false });
  const { failed, refused } = balancer.apply(nodePortServices(services, algorithm));
  if (failed.length + refused.length > 0)
    throw new Error(
      `of ${services} services, ${failed.length} writes failed, ${refused.length} were refused`,
    );
  const prefix = `${hook}-s${String(services).replace(/000$/, 'k')}`;
  const nodePorts = { address: place.node, port: ports.service, services, arrivesAt: backendPorts } as const;
  const row = (name: string, stream: Pick<Stream, 'protocol' | 'flows' | 'firstService'>) => {
    arm.load({ ...nodePorts, ...stream });
    measure(`${prefix}-${name}`, stream.flows === 0 ? fresh : known);
  };
  if (algorithm === 'random') {
    row('est-f1', { protocol: 'UDP', flows: 1, firstService: services >> 1 });
    row('est-f10k', { protocol: 'UDP', flows: FLOWS });
  }
  const suffix = algorithm === 'random' ? '' : '-maglev';
  row(`new-udp${suffix}`, { protocol: 'UDP', flows: 0 });
  row(`new-syn${suffix}`, { protocol: 'SYN', flows: 0 });
  // Frames that came back are right; whether they took the path that the row names is told by the counters.
  const made = balancer.status().counters.note_new_flow?.packets ?? 0;
  const expected = 2 * (WARM_UP + fresh.runs * fresh.frames);
  if (Math.abs(made / expected - 1) > 0.01)
    throw new Error(`${prefix}: ${made} flows were made instead of about ${expected}`);
}

/** The first frames make the flows (those of new-udp are est-f10k's, where there is that row), and their checksums are looked at. */
function measure(name: string, { runs, frames }: typeof known | typeof fresh): void {
  check(name, arm.send(WARM_UP, { verify: true }));
  const tallies = Array.from({ length: runs }, () => check(name, arm.send(frames)));
  const lost = tallies.reduce((sum, { sent, arrived }) => sum + sent - arrived, 0);
  if (lost > 0) console.error(`${name}: ${lost} of ${runs * frames} frames were lost`);
  const row: BenchRow = {
    suite: 'forward',
    case: name,
    unit: 'ns',
    ...minAndMedian(tallies.map(({ ns }) => ns)),
    runs,
  };
  console.log(JSON.stringify(row));
}

function check(name: string, tally: Tally): Tally {
  const { sent, arrived, others, broken } = tally;
  if (broken > 0) throw new Error(`${name}: ${broken} of ${arrived} frames have wrong checksums`);
  if (arrived < sent * 0.99 || others > 0)
    throw new Error(
      `${name}: of ${sent} frames ${arrived} came back as they should, and ${others} otherwise`,
    );
  return tally;
}

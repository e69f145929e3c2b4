import type { OptionShape } from '@lbx/maps';
import { assertOptions } from '../assert-options.ts';
import { endpointText, type IpFamily, ipFamilies } from '../objects/ip-address.ts';
import type { Translator } from '../translate/translator.ts';
import { healthzAnswer, livezAnswer, notFound, readyzAnswer, serviceAnswer } from './health-answer.ts';
import type { HealthPortError } from './health-error.ts';
import { HealthListener } from './health-listener.ts';
import { type HealthPlace, type HealthPlaceName, healthPlaces, purposeOf } from './health-places.ts';
import { ProxyHealth } from './proxy-health.ts';

export interface HealthServersOptions {
  /** Where /healthz, /livez and /readyz are served; port 10256 on all addresses of both families when absent, [] for nowhere. */
  readonly bind?: readonly { readonly address: string; readonly port: number }[];
  /** Families that are programmed; both when absent. */
  readonly families?: readonly IpFamily[];
  /** A change that waits for twice as long makes the proxy unhealthy; 30 s when absent. */
  readonly syncPeriodMs?: number;
  /** Is a node without a Node object unfit for traffic? True when absent; say false where nobody keeps Nodes. */
  readonly needsNode?: boolean;
  /** A port that is taken is tried again after this time; 5 s when absent. */
  readonly retryMs?: number;
  /** Told of each port that cannot be served, once as long as it stays so. */
  readonly onProblem?: (problem: HealthPortError) => void;
}

/** HTTP servers that tell load balancers and kubelets how this node is, as kube-proxy's. */
export interface HealthServers {
  /** A change was told that is not written yet. */
  queued(): void;
  /** Everything that was told is written. */
  updated(): void;
  /** Opens, closes and renews what is answered. Costs what the Services with health checks are. */
  follow(translator: Pick<Translator, 'healthChecks' | 'nodePortAddresses' | 'node'>): void;
  /** Ports that cannot be served now. */
  problems(): readonly HealthPortError[];
  /** Every port has been tried at least once. */
  tried(): Promise<void>;
  /** Closes all ports. */
  close(): Promise<void>;
}

const everywhere = [
  { address: '0.0.0.0', port: 10_256 },
  { address: '::', port: 10_256 },
];

const shape: OptionShape<HealthServersOptions> = {
  bind: 'list',
  families: 'texts',
  syncPeriodMs: 'number',
  needsNode: 'flag',
  retryMs: 'number',
  onProblem: 'call',
};

/**
 * Serves /healthz, /livez and /readyz, and a port for each Service of type LoadBalancer with externalTrafficPolicy Local, on all
 * addresses that serve NodePorts. A port that somebody else has is a problem and tried again; the others are served.
 */
export function createHealthServers(options: HealthServersOptions = {}): HealthServers {
  assertOptions('createHealthServers', options, shape);
  const { retryMs = 5000, syncPeriodMs = 30_000, needsNode = true, onProblem = () => {} } = options;
  const health = new ProxyHealth(options.families ?? ipFamilies, 2 * syncPeriodMs);
  const open = new Map<HealthPlaceName, HealthListener>();
  let places: ReadonlyMap<HealthPlaceName, HealthPlace> = new Map();
  let conflicts: readonly HealthPortError[] = [];
  let nodeEligible = !needsNode;

  const own = (options.bind ?? everywhere).map(
    ({ address, port }) =>
      new HealthListener({
        address,
        port,
        retryMs,
        onProblem,
        purpose: () => '/healthz, /livez and /readyz',
        answer: (path) => {
          const now = Date.now();
          const report = health.report(now);
          if (path === '/healthz') return healthzAnswer(report, nodeEligible, now);
          if (path === '/readyz') return readyzAnswer(report, now);
          return path === '/livez' ? livezAnswer(report, now) : notFound;
        },
      }),
  );

  function listenAt(name: HealthPlaceName, { address, port }: HealthPlace): HealthListener {
    // Who is answered for may change while the port stays.
    return new HealthListener({
      address,
      port,
      retryMs,
      onProblem,
      purpose: () => {
        const place = places.get(name);
        return place === undefined ? endpointText(address, port) : purposeOf(place.check);
      },
      answer: () => {
        const place = places.get(name);
        return place === undefined ? notFound : serviceAnswer(place.check, health.report(Date.now()).healthy);
      },
    });
  }

  return {
    queued: () => health.queued(Date.now()),
    updated: () => health.updated(Date.now()),
    follow(translator) {
      const node = translator.node();
      nodeEligible = node === undefined ? !needsNode : !node.leaving;
      const wanted = healthPlaces(translator.healthChecks(), (family) =>
        translator.nodePortAddresses(family),
      );
      places = wanted.places;
      const known = new Set(conflicts.map(({ message }) => message));
      conflicts = wanted.problems;
      for (const conflict of conflicts) if (!known.has(conflict.message)) onProblem(conflict);
      for (const [name, listener] of open) {
        if (places.has(name)) continue;
        open.delete(name);
        void listener.close();
      }
      for (const [name, place] of places) if (!open.has(name)) open.set(name, listenAt(name, place));
    },
    problems: () => [...[...own, ...open.values()].flatMap(({ problem }) => problem ?? []), ...conflicts],
    async tried() {
      await Promise.all([...own, ...open.values()].map((listener) => listener.tried));
    },
    async close() {
      places = new Map();
      const all = [...own, ...open.values()];
      open.clear();
      await Promise.all(all.map((listener) => listener.close()));
    },
  };
}

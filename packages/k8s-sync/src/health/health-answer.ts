import type { HealthCheck } from '../semantics/health-checks.ts';
import type { ProxyHealthReport } from './proxy-health.ts';

/** What a health server answers. */
export interface HealthAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' };

/** For a load balancer that asks whether this node has endpoints of a Service: kube-proxy's answer, byte for byte. */
export function serviceAnswer(
  { namespace, name, localEndpoints }: Pick<HealthCheck, 'namespace' | 'name' | 'localEndpoints'>,
  proxyHealthy: boolean,
): HealthAnswer {
  const body = { service: { namespace, name }, localEndpoints, serviceProxyHealthy: proxyHealthy };
  return {
    status: localEndpoints > 0 && proxyHealthy ? 200 : 503,
    headers: { ...json, 'X-Load-Balancing-Endpoint-Weight': String(localEndpoints) },
    body: JSON.stringify(body, null, '\t'),
  };
}

/** `/healthz`: should this node get new traffic? Not while it is about to leave. */
export function healthzAnswer(report: ProxyHealthReport, nodeEligible: boolean, now: number): HealthAnswer {
  return proxyAnswer(report, report.healthy && nodeEligible, now, { nodeEligible });
}

/** `/livez`: does the proxy itself work? A restart mends nothing about a node that leaves. */
export function livezAnswer(report: ProxyHealthReport, now: number): HealthAnswer {
  return proxyAnswer(report, report.healthy, now, {});
}

/** `/readyz`: is all that there was at the start in force? No such thing is in kube-proxy. */
export function readyzAnswer(report: ProxyHealthReport, now: number): HealthAnswer {
  return proxyAnswer(report, report.healthy && report.lastUpdated !== undefined, now, {});
}

/** Any other path. */
export const notFound: HealthAnswer = {
  status: 404,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  body: '404 page not found\n',
};

function proxyAnswer(report: ProxyHealthReport, good: boolean, now: number, node: object): HealthAnswer {
  const { healthy, lastUpdated, families } = report;
  const currentTime = timeText(now);
  const own = { lastUpdated: timeText(lastUpdated), healthy };
  const body = {
    // A healthy proxy is up to date now, even if there was nothing to write for hours.
    lastUpdated: good ? currentTime : own.lastUpdated,
    currentTime,
    ...node,
    healthy,
    ...(families.length === 0 ? {} : { status: Object.fromEntries(families.map((family) => [family, own])) }),
  };
  return { status: good ? 200 : 503, headers: json, body: JSON.stringify(body) };
}

/** Go's zero time stands for "never". */
function timeText(time: number | undefined): string {
  return time === undefined ? '0001-01-01T00:00:00Z' : new Date(time).toISOString();
}

import { describe, expect, it } from 'vitest';
import { healthzAnswer, livezAnswer, readyzAnswer, serviceAnswer } from './health-answer.ts';
import { ProxyHealth } from './proxy-health.ts';

const second = 1000;
const at = (seconds: number) => Date.UTC(2026, 0, 1, 0, 0, seconds);

describe('the answer about a Service', () => {
  const check = { namespace: 'shop', name: 'web', localEndpoints: 3 };

  it('is that of kube-proxy, byte for byte', () => {
    expect(serviceAnswer(check, true)).toEqual({
      status: 200,
      headers: {
        'Content-Type': 'application/json',
        'X-Content-Type-Options': 'nosniff',
        'X-Load-Balancing-Endpoint-Weight': '3',
      },
      body: '{\n\t"service": {\n\t\t"namespace": "shop",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": 3,\n\t"serviceProxyHealthy": true\n}',
    });
  });

  it.each([
    [1, true, 200],
    [0, true, 503],
    [1, false, 503],
    [0, false, 503],
  ])('with %i endpoints, proxy healthy %s: %i', (localEndpoints, healthy, status) => {
    const answer = serviceAnswer({ ...check, localEndpoints }, healthy);
    expect(answer.status).toBe(status);
    expect(answer.headers['X-Load-Balancing-Endpoint-Weight']).toBe(String(localEndpoints));
    expect(JSON.parse(answer.body)).toMatchObject({ localEndpoints, serviceProxyHealthy: healthy });
  });
});

describe('the health of the proxy', () => {
  const start = () => new ProxyHealth(['IPv4', 'IPv6'], 60 * second);

  it('is good while nothing was told, and says that nothing was written yet', () => {
    const report = start().report(at(0));
    expect(healthzAnswer(report, true, at(1))).toEqual({
      status: 200,
      headers: { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' },
      body: '{"lastUpdated":"2026-01-01T00:00:01.000Z","currentTime":"2026-01-01T00:00:01.000Z","nodeEligible":true,"healthy":true}',
    });
  });

  it('is ready once everything was written, as long as it keeps up', () => {
    const health = start();
    const ready = (seconds: number) => readyzAnswer(health.report(at(seconds)), at(seconds)).status;
    expect(ready(0)).toBe(503);
    health.queued(at(1));
    expect(ready(2)).toBe(503);
    health.updated(at(3));
    expect(ready(3)).toBe(200);
    health.queued(at(4));
    expect([ready(5), ready(64)]).toEqual([200, 503]);
  });

  it('is bad as soon as the oldest change has waited for the limit, whatever came later', () => {
    const health = start();
    health.updated(at(0));
    health.queued(at(10));
    health.queued(at(50));
    expect(health.report(at(69.999)).healthy).toBe(true);
    const report = health.report(at(70));
    expect(livezAnswer(report, at(70))).toMatchObject({
      status: 503,
      body: '{"lastUpdated":"2026-01-01T00:00:00.000Z","currentTime":"2026-01-01T00:01:10.000Z","healthy":false,"status":{"IPv4":{"lastUpdated":"2026-01-01T00:00:00.000Z","healthy":false},"IPv6":{"lastUpdated":"2026-01-01T00:00:00.000Z","healthy":false}}}',
    });
    expect(healthzAnswer(report, true, at(70)).status).toBe(503);
    health.updated(at(71));
    expect(health.report(at(200)).healthy).toBe(true);
    health.queued(at(300));
    expect(health.report(at(301)).healthy).toBe(true);
  });

  it('is bad if the very first change is never written', () => {
    const health = start();
    health.queued(at(0));
    const { status, body } = livezAnswer(health.report(at(60)), at(60));
    expect(status).toBe(503);
    expect(JSON.parse(body)).toEqual({
      lastUpdated: '0001-01-01T00:00:00Z',
      currentTime: '2026-01-01T00:01:00.000Z',
      healthy: false,
    });
  });

  it('a node that leaves makes /healthz bad, and /livez not', () => {
    const health = start();
    health.updated(at(5));
    const healthz = healthzAnswer(health.report(at(9)), false, at(9));
    expect(healthz.status).toBe(503);
    expect(JSON.parse(healthz.body)).toMatchObject({
      lastUpdated: '2026-01-01T00:00:05.000Z',
      nodeEligible: false,
      healthy: true,
    });
    const livez = livezAnswer(health.report(at(9)), at(9));
    expect(livez.status).toBe(200);
    expect(JSON.parse(livez.body)).not.toHaveProperty('nodeEligible');
    expect(JSON.parse(livez.body)).toMatchObject({ lastUpdated: '2026-01-01T00:00:09.000Z' });
  });
});

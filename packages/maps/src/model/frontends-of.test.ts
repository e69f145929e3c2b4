import { describe, expect, it } from 'vitest';
import { checkFrontend } from './check-frontend.ts';
import { frontendTypes } from './frontend.ts';
import { frontendsOf } from './frontends-of.ts';
import { parseServiceSpec } from './parse-service-spec.ts';

const minimal = { name: 'a', frontends: ['198.51.100.1:80'], backends: ['192.0.2.1:8080'] };

describe('frontendsOf', () => {
  it('takes the redirect that names the port before the one for all ports, in any order', () => {
    const forAll = { proxyPort: 1 };
    const forPort = { proxyPort: 2, ports: [80] };
    const frontends = ['198.51.100.1:80', '198.51.100.1:81'];
    for (const proxyRedirects of [
      [forAll, forPort],
      [forPort, forAll],
    ]) {
      const service = parseServiceSpec({ ...minimal, frontends, proxyRedirects });
      expect(frontendsOf(service).map(({ proxyPort }) => proxyPort)).toEqual([2, 1]);
    }
  });

  it('allows no affinity beside a redirect, also to frontends that are not redirected', () => {
    const service = { ...parseServiceSpec(minimal), proxyRedirects: [{ proxyPort: 9, ports: [81] }] };
    const [redirects] = frontendsOf(service);
    expect(checkFrontend(redirects!)).toBe(undefined);
    const [both] = frontendsOf({ ...service, affinitySeconds: 60 });
    expect(checkFrontend(both!)).toMatchObject({
      code: 'LBX_SERVICE_AFFINITY',
      message: expect.stringContaining('also where they are for other ports'),
    });
  });

  it.each(frontendTypes)('applies the traffic policies that a %s has', (type) => {
    const place = { address: '198.51.100.1', port: 80, type };
    const service = parseServiceSpec({
      name: 'a',
      frontends: [place, { ...place, scope: 'internal' }],
      backends: [
        { address: '192.0.2.1', port: 8080, node: 'local' },
        { address: '192.0.2.2', port: 8080, node: 'other' },
      ],
    });
    const counts = (policies: { extLocal?: boolean; intLocal?: boolean }) =>
      frontendsOf({ ...service, ...policies }).map(({ backends }) => backends.length);
    const external = [counts({ extLocal: true }), counts({ intLocal: true })];
    if (type === 'ClusterIP') {
      expect(external).toEqual([
        [2, 2],
        [1, 1],
      ]);
    } else if (type === 'HostPort' || type === 'LocalRedirect') {
      expect(external).toEqual([
        [2, 2],
        [2, 2],
      ]);
    } else {
      expect(external).toEqual([
        [1, 2],
        [2, 1],
      ]);
    }
  });

  it('takes an empty port name for none', () => {
    const service = parseServiceSpec({
      name: 'a',
      frontends: [{ address: '198.51.100.1', port: 80, portName: '' }],
      backends: [{ address: '192.0.2.1', port: 8080, portNames: ['web'] }],
    });
    expect(frontendsOf(service)[0]!.backends).toHaveLength(1);
  });
});

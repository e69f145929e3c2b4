// Real sockets over a node that stands between two links, with the offloads that devices have: what a sender does in one
// piece (segments and checksums left to the device) passes tc as one.
import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askEcho, serveEcho } from './echo.ts';
import { type Arms, armsOf, createArms } from './tc-arms.ts';
import { families } from './xdp-lab.ts';

const cases = families.flatMap((family) => [false, true].map((withXdp) => ({ family, withXdp })));
for (const { family, withXdp } of cases) {
  const arms = armsOf[family];
  const name = withXdp
    ? 'sockets between two devices, tc behind XDP'
    : 'sockets between two devices, tc alone';
  describeKernel(name, () => {
    let lab: Arms;
    beforeAll(async () => {
      const at = { service: 'test', address: arms.service, port: 80, type: 'LoadBalancer' } as const;
      lab = createArms({
        family,
        sockets: true,
        offload: !withXdp,
        withXdp,
        resolve: true,
        frontends: (['TCP', 'UDP'] as const).map((protocol) => ({
          ...at,
          protocol,
          backends: [{ address: arms.backend, port: 8080, protocol, node: 'other' }],
        })),
      });
      await serveEcho(lab.backend, arms.backend, 8080);
    });
    afterAll(() => lab?.[Symbol.dispose]());

    it('UDP, to a backend whose link address has to be found first', () => {
      const to = { protocol: 'UDP', host: arms.service, port: 80 } as const;
      expect(askEcho(lab.client, to)).toMatchObject({ seen: arms.inside, from: arms.service, port: 80 });
    });

    it('TCP with 8 MB each way', () => {
      const to = { protocol: 'TCP', host: arms.service, port: 80 } as const;
      expect(askEcho(lab.client, to, { size: 8 << 20 })).toEqual({
        seen: arms.inside,
        from: arms.service,
        port: 80,
        same: true,
      });
    });
  });
}

import { FlowFlag } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flowTables } from './flow-map.ts';
import { flowsOf, seconds } from './xdp-flows.ts';
import { createLab, everywhere, type Lab } from './xdp-lab.ts';

describe.each(everywhere.flatMap((at) => flowTables.map((flowTable) => ({ ...at, flowTable }))))(
  'IPv$family at $hook, flows in $flowTable',
  ({ family, hook, flowTable }) => {
    const { place, request, reply, backend, service, ...flows } = flowsOf(family);
    const { lb, flowMap, onlyFlow, changeFlow, ago, forgetReply, portOf, backendOf, open, startAnew } = flows;

    describeKernel('a flow', () => {
      let lab: Lab;
      beforeAll(() => {
        lab = createLab({ family, hook, flowTable });
      });
      beforeEach(() => startAnew(lab));
      afterAll(() => lab.close());

      describe('heals', () => {
        it('the request half, on the same backend and port, even if another would be chosen now', () => {
          const { port, backend: old } = open(lab);
          const [key] = onlyFlow(lab);
          lab.tables.delete(flowMap, key);
          // Half the clients would be sent elsewhere by the new set; this must hold for all of them.
          lab.apply([lb(...[3, 4, 5, 6, 7].map((n) => backend(n)), ...[0, 1, 2].map((n) => backend(n)))]);
          const sent = lab.send(request());
          expect(sent.counted).toEqual(['sent_request', 'note_healed_flow']);
          expect([portOf(sent), backendOf(sent)]).toEqual([port, old]);
          expect(sent.packet.problems).toEqual([]);
          expect(onlyFlow(lab)[1].flags).toBe(FlowFlag.replied | FlowFlag.confirmed);
          expect(lab.send(request()).counted).toEqual(['sent_request']);
        });

        it('the reply half, on the same port, with the next look at the flow', () => {
          const { port, backend: from } = open(lab);
          forgetReply(lab, port);
          changeFlow(lab, ago(seconds(1)));
          const sent = lab.send(request());
          expect(sent.counted).toEqual(['sent_request', 'note_healed_flow']);
          expect(portOf(sent)).toBe(port);
          const back = lab.send(reply({ from, dport: port }));
          expect(back.verdict).toBe('tx');
          expect(back.packet.problems).toEqual([]);
        });

        it('UDP flows as well', () => {
          const udp = { protocol: 'UDP' } as const;
          lab.apply([service('LoadBalancer', [backend(0), backend(1), backend(2)], udp)]);
          const { port, backend: old } = open(lab, udp);
          lab.tables.delete(flowMap, onlyFlow(lab)[0]);
          const sent = lab.send(request(udp));
          expect([portOf(sent), backendOf(sent)]).toEqual([port, old]);
          expect(sent.counted).toContain('note_healed_flow');
        });
      });

      describe('finds its way', () => {
        const stale = (at: Lab) =>
          changeFlow(at, (flow) => ({ ...ago(seconds(2))(flow), checked: flow.checked - seconds(2) }));

        it('to a backend whose link address changed, within a second', () => {
          const { backend: to } = open(lab);
          lab.ip(`neigh replace ${to} dev eth0 lladdr 02:00:00:00:09:09 nud permanent`);
          stale(lab);
          forgetHops(lab);
          expect(lab.send(request()).packet.eth.dst).toBe('02:00:00:00:09:09');
        });

        it('to a backend that the kernel has forgotten the link address of', () => {
          const { backend: to } = open(lab);
          lab.ip(`neigh del ${to} dev eth0`);
          stale(lab);
          forgetHops(lab);
          const sent = lab.send(request());
          expect(sent.verdict).toBe('tx');
          // At tc the kernel writes the link header, when it has found the address again.
          if (hook === 'tc') return;
          expect(sent.counted).toEqual(['sent_request', 'note_neighbour_kept']);
          expect(sent.packet.eth.dst).toMatch(/^02:00:00:00:02:0[abc]$/);
        });

        it.each([`neigh del ${place.router} dev eth0`, `route del ${place.clients}`])(
          'to a client by the address its request came from (%s)',
          (command) => {
            lab.ip(command);
            const first = lab.send(request({ flags: ['syn'] }));
            const answer = { from: backendOf(first), dport: portOf(first) };
            const back = lab.send(reply({ ...answer, flags: ['syn', 'ack'] }));
            expect(back.verdict).toBe('tx');
            expect(back.counted).toContain('note_neighbour_learned');
            expect(back.packet.eth).toMatchObject({ src: place.nodeMac, dst: place.routerMac });
            expect(lab.send(reply(answer)).counted).toEqual(['sent_reply']);
          },
        );

        function forgetHops(at: Lab): void {
          const hops = at.xdp.map('lbx_backend_hops');
          for (let id = 0; id < 16; id++) {
            hops.set(new Uint8Array(Uint32Array.of(id).buffer), new Uint8Array(hops.valueSize));
          }
        }
      });
    });
  },
);

import { FlowFlag, flowCatalog, type LbxFlow4, type LbxFlow4Key, type LbxRev4Bucket } from '@lbx/maps';
import { describeKernel, testKernel } from '@lbx/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flowTables } from './flow-map.ts';
import { createLab, everywhere, hertz, type Lab, type Sent } from './xdp-lab.ts';
import { type Addressed, packetsOf } from './xdp-packets.ts';

describe.each(everywhere.flatMap((at) => flowTables.map((flowTable) => ({ ...at, flowTable }))))(
  'IPv$family at $hook, flows in $flowTable',
  ({ family, hook, flowTable }) => {
    const { place, request, reply, backend, podBackend, service } = packetsOf(family);
    const lb = (...backends: Parameters<typeof service>[1][number][]) => service('LoadBalancer', backends);
    const seconds = (n: number) => n * hertz();
    const SNAT_MIN = 40000;
    /** The layouts of IPv6 have other sizes, but the same fields as far as these tests go. */
    const flowMap = flowCatalog[`lbx_flow${family}`];
    const reverseMap = flowCatalog[`lbx_rev${family}`];
    const closing = FlowFlag.finRequest | FlowFlag.finReply | FlowFlag.reset;

    /** The request half of the one flow there is. */
    function onlyFlow(lab: Lab): [LbxFlow4Key, LbxFlow4] {
      const flows = lab.tables.entries<LbxFlow4Key, LbxFlow4>(flowMap).filter(([key]) => key.direction === 0);
      expect(flows).toHaveLength(1);
      return flows[0]!;
    }

    function changeFlow(lab: Lab, change: (flow: LbxFlow4) => Partial<LbxFlow4>): void {
      const [key, flow] = onlyFlow(lab);
      lab.tables.set(flowMap, key, { ...flow, ...change(flow) });
    }

    function bucketOf(lab: Lab, port: number): LbxRev4Bucket {
      return lab.tables.get<{ index: number }, LbxRev4Bucket>(reverseMap, { index: port - SNAT_MIN })!;
    }

    function changeReply(lab: Lab, port: number, change: Partial<LbxRev4Bucket['entry'][number]>): void {
      const bucket = bucketOf(lab, port);
      const entry = bucket.entry.map((each, way) => (bucket.tag[way] ? { ...each, ...change } : each));
      lab.tables.set(reverseMap, { index: port - SNAT_MIN }, { ...bucket, entry });
    }

    const ago = (jiffies: number) => (flow: { lastSeen: number }) => ({
      lastSeen: (flow.lastSeen - jiffies) >>> 0,
    });
    const forgetReply = (lab: Lab, port: number) =>
      lab.xdp
        .map(reverseMap.name)
        .set(new Uint8Array(Uint32Array.of(port - SNAT_MIN).buffer), new Uint8Array(reverseMap.valueSize));
    const portOf = (sent: Sent) => (sent.packet.tcp ?? sent.packet.udp!).sport;
    const backendOf = (sent: Sent) => sent.ip.dst;

    interface Open {
      readonly port: number;
      readonly backend: string;
    }

    /** A finished handshake. */
    function open(lab: Lab, what: Addressed = {}): Open {
      const first = lab.send(request({ ...what, flags: ['syn'] }));
      expect(first.verdict).toBe('tx');
      const flow = { port: portOf(first), backend: backendOf(first) };
      const { protocol = 'TCP' } = what;
      expect(
        lab.send(reply({ from: flow.backend, dport: flow.port, protocol, flags: ['syn', 'ack'] })).verdict,
      ).toBe('tx');
      expect(lab.send(request(what)).verdict).toBe('tx');
      return flow;
    }

    describeKernel('a flow', () => {
      let lab: Lab;
      beforeAll(() => {
        lab = createLab({ family, hook, flowTable });
      });
      beforeEach(() => {
        lab.forget();
        lab.apply([]);
        lab.apply([lb(backend(0), backend(1), backend(2))]);
      });
      afterAll(() => lab.close());

      it('is open only when the client has answered the backend', () => {
        const first = lab.send(request({ flags: ['syn'] }));
        expect(onlyFlow(lab)[1].flags).toBe(0);
        lab.send(reply({ from: backendOf(first), dport: portOf(first), flags: ['syn', 'ack'] }));
        expect(onlyFlow(lab)[1].flags).toBe(FlowFlag.replied);
        lab.send(request());
        const confirmed = { flags: FlowFlag.replied | FlowFlag.confirmed };
        expect(onlyFlow(lab)[1]).toMatchObject(confirmed);
        const { way } = onlyFlow(lab)[1];
        expect(bucketOf(lab, portOf(first)).entry[way]).toMatchObject(confirmed);
      });

      it('closes in steps: FIN from one side, then from the other; a new SYN may choose anew', () => {
        const { port, backend: from } = open(lab);
        lab.send(request({ flags: ['fin', 'ack'] }));
        expect(onlyFlow(lab)[1].flags & closing).toBe(FlowFlag.finRequest);
        const last = lab.send(reply({ from, dport: port, flags: ['fin', 'ack'] }));
        expect(last.verdict).toBe('tx');
        expect(last.packet.problems).toEqual([]);
        expect(onlyFlow(lab)[1].flags & closing).toBe(FlowFlag.finRequest | FlowFlag.finReply);
        expect(lab.send(request()).counted).toEqual(['sent_request']);
        expect(lab.send(request({ flags: ['syn'] })).counted).toContain('note_new_flow');
        expect(onlyFlow(lab)[1]).toMatchObject({ flags: 0, sport: port });
      });

      it('is closed by RST from either side, which is passed on', () => {
        const { port, backend: from } = open(lab);
        const reset = lab.send(reply({ from, dport: port, flags: ['rst'] }));
        expect(reset.verdict).toBe('tx');
        expect(reset.packet.tcp!.flags).toEqual(['rst']);
        expect(onlyFlow(lab)[1].flags & closing).toBe(FlowFlag.reset);
      });

      it.each([
        ['TCP', 'handshake', 0, 60],
        ['TCP', 'handshake answered', FlowFlag.replied, 60],
        ['TCP', 'established', FlowFlag.replied | FlowFlag.confirmed, 8000],
        ['TCP', 'closed by one side', FlowFlag.confirmed | FlowFlag.finReply, 120],
        ['TCP', 'closed', FlowFlag.confirmed | FlowFlag.finRequest | FlowFlag.finReply, 10],
        ['TCP', 'reset', FlowFlag.confirmed | FlowFlag.reset, 10],
        ['UDP', 'asked', FlowFlag.replied, 30],
        ['UDP', 'answered and asked again', FlowFlag.replied | FlowFlag.confirmed, 120],
      ] as const)('a silent flow, %s, %s (flags %i), lives %i seconds', (protocol, _phase, flags, life) => {
        lab.apply([service('LoadBalancer', [backend(0)], { protocol })]);
        const age = (secondsAgo: number) => {
          const port = portOf(lab.send(request({ protocol, flags: ['ack'] })));
          changeFlow(lab, (flow) => ({ ...ago(seconds(secondsAgo))(flow), flags }));
          const { lastSeen } = onlyFlow(lab)[1];
          changeReply(lab, port, { lastSeen, flags });
          return lab.send(request({ protocol, flags: ['ack'] })).counted;
        };
        expect(age(life - 2)).not.toContain('note_flow_expired');
        expect(age(life + 2)).toContain('note_flow_expired');
      });

      it('keeps a retransmitted SYN on its backend and port', () => {
        const first = lab.send(request({ flags: ['syn'] }));
        const again = lab.send(request({ flags: ['syn'] }));
        expect(again.counted).toEqual(['sent_request']);
        expect(again.bytes).toEqual(first.bytes);
      });

      it('ends at once when its backend is removed; in mid-flow too the next packet goes to another', () => {
        // In the end it is rejected: the kernel drops the sum of a packet whose length changes.
        using lab = createLab({ family, hook, flowTable, checksumComplete: false });
        lab.apply([lb(backend(0), backend(1), backend(2))]);
        const { port, backend: old } = open(lab);
        const others = [0, 1, 2].map((n) => backend(n)).filter(({ address }) => address !== old);
        lab.apply([lb(...others)]);
        const moved = lab.send(request());
        expect(moved.verdict).toBe('tx');
        expect(moved.counted).toContain('note_backend_gone');
        expect(backendOf(moved)).not.toBe(old);
        expect(moved.packet.checksumsValid).toBe(true);
        const late = lab.send(reply({ from: old, dport: port, flags: ['fin', 'ack'] }));
        expect(late.ip).toMatchObject({ src: place.loadBalancer, dst: place.client });
        lab.apply([lb()]);
        expect(lab.send(request()).counted).toContain('drop_no_backend');
      });

      it('does not go on when a removed backend comes back under its id', () => {
        open(lab);
        const frontends = [lb(backend(0), backend(1), backend(2))];
        lab.apply([lb()]);
        lab.apply(frontends);
        expect(lab.send(request()).counted).toContain('note_backend_gone');
      });

      it('stays on a terminating backend; a SYN leaves it', () => {
        const { backend: old } = open(lab);
        const backends = [0, 1, 2].map((n) =>
          place.backend(n) === old ? backend(n, { state: 'terminating' }) : backend(n),
        );
        lab.apply([lb(...backends)]);
        for (let i = 0; i < 3; i++) expect(backendOf(lab.send(request()))).toBe(old);
        expect(backendOf(lab.send(request({ flags: ['syn'] })))).not.toBe(old);
      });

      it('ends with its service', () => {
        open(lab);
        lab.apply([]);
        const sent = lab.send(request());
        expect(sent.verdict).toBe('pass');
        expect(sent.isUntouched).toBe(true);
      });

      it('expires when both halves were silent too long', () => {
        const { port } = open(lab);
        changeFlow(lab, ago(seconds(8001)));
        // The backend's packets count as well.
        expect(lab.send(request()).counted).toEqual(['sent_request']);
        changeFlow(lab, ago(seconds(8001)));
        const { lastSeen } = bucketOf(lab, port).entry[onlyFlow(lab)[1].way]!;
        changeReply(lab, port, ago(seconds(8001))({ lastSeen }));
        const late = lab.send(reply({ from: onlyFlow(lab)[1].daddr, dport: port }));
        expect(late.verdict).toBe('pass');
        expect(late.counted).toEqual(['pass_reply_expired']);
        expect(late.isUntouched).toBe(true);
        expect(lab.send(request()).counted).toEqual(['sent_request', 'note_new_flow', 'note_flow_expired']);
      });

      it('sends no packet on with a TTL of 1, in both directions', () => {
        using lab = createLab({
          family,
          hook,
          flowTable,
          checksumComplete: false,
          frontends: [lb(backend(0))],
        });
        const { port, backend: from } = open(lab);
        expect(lab.send(request({ ttl: 1 })).counted).toEqual(['sent_icmp_error', 'drop_ttl']);
        expect(lab.send(reply({ from, dport: port, ttl: 1 })).counted).toEqual([
          'sent_icmp_error',
          'drop_ttl',
        ]);
      });

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

      it('has the backend of the affinity, whatever the port, until that is removed', () => {
        const sticky = (...list: Parameters<typeof lb>) => ({ ...lb(...list), affinitySeconds: 100 });
        lab.apply([sticky(backend(0), backend(1), backend(2))]);
        const first = backendOf(lab.send(request({ flags: ['syn'] })));
        for (let sport = 41000; sport < 41020; sport++) {
          expect(backendOf(lab.send(request({ sport, flags: ['syn'] })))).toBe(first);
        }
        lab.apply([sticky(...[0, 1, 2].map((n) => backend(n)).filter(({ address }) => address !== first))]);
        const second = backendOf(lab.send(request({ sport: 42000, flags: ['syn'] })));
        expect(second).not.toBe(first);
        expect(backendOf(lab.send(request({ sport: 42001, flags: ['syn'] })))).toBe(second);
      });
    });

    testKernel('a flow without backend metadata ends when the backend entry goes', () => {
      using lab = createLab({ family, hook, flowTable, derived: false, frontends: [lb(backend(0))] });
      open(lab);
      expect(lab.send(request()).counted).toEqual(['sent_request']);
      lab.apply([lb(backend(1))]);
      const moved = lab.send(request());
      expect(moved.counted).toContain('note_backend_gone');
      expect(backendOf(moved)).toBe(place.backend(1));
    });

    testKernel(
      'a second service address to one local backend from one client port waits for the first',
      () => {
        const external = service('ExternalIP', [podBackend]);
        using lab = createLab({ family, hook, flowTable, frontends: [lb(podBackend), external] });
        expect(lab.send(request({ flags: ['syn'] })).verdict).toBe('pass');
        const second = request({ to: external.address, flags: ['syn'] });
        expect(lab.send(second).counted).toEqual(['note_new_flow', 'drop_reply_collision']);
        lab.send(request({ flags: ['rst'] }));
        expect(lab.send(second).counted).toContain('sent_local_request');
      },
    );
  },
);

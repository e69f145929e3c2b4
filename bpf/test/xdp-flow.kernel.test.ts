import { FlowFlag } from '@lbx/maps';
import { describeKernel, testKernel } from '@lbx/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flowTables } from './flow-map.ts';
import { flowsOf, seconds } from './xdp-flows.ts';
import { createLab, everywhere, type Lab } from './xdp-lab.ts';

describe.each(everywhere.flatMap((at) => flowTables.map((flowTable) => ({ ...at, flowTable }))))(
  'IPv$family at $hook, flows in $flowTable',
  ({ family, hook, flowTable }) => {
    const { place, request, reply, backend, podBackend, service, ...flows } = flowsOf(family);
    const { lb, onlyFlow, changeFlow, bucketOf, changeReply, ago, portOf, backendOf, open, startAnew } =
      flows;
    const closing = FlowFlag.finRequest | FlowFlag.finReply | FlowFlag.reset;

    describeKernel('a flow', () => {
      let lab: Lab;
      beforeAll(() => {
        lab = createLab({ family, hook, flowTable });
      });
      beforeEach(() => startAnew(lab));
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

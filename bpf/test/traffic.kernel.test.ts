import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { catalog, flowCatalog, type Lb4Key, LbxTraffic } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { createLab, hooks, type Lab, type LabOptions, place, xdpContext } from './xdp-lab.ts';
import { backend, podBackend, reply, request, service } from './xdp-packets.ts';

/** Packets and bytes, requests then replies. */
type Sum = readonly [number, number, number, number];
const none: Sum = [0, 0, 0, 0];

function sumOf(lab: Lab, map: 'lbx_frontend_traffic' | 'lbx_backend_traffic', id: number): Sum {
  const sum: [number, number, number, number] = [0, 0, 0, 0];
  const key = flowCatalog.lbx_backend_traffic.key.encode({ backendId: id });
  for (const value of lab.xdp.map(map).perCpu(key) ?? []) {
    const one = LbxTraffic.decode(value);
    [one.requestPackets, one.requestBytes, one.replyPackets, one.replyBytes].forEach((count, i) => {
      sum[i]! += Number(count);
    });
  }
  return sum;
}

const frontendId = (lab: Lab): number =>
  lab.tables.get<Lb4Key, { revNatIndex: number }>(catalog.lb4_services_v2, {
    address: place.loadBalancer,
    dport: 80,
    backendSlot: 0,
    proto: 6,
    scope: 0,
  })!.revNatIndex;
const frontend = (lab: Lab) => sumOf(lab, 'lbx_frontend_traffic', frontendId(lab));
const backendOf = (lab: Lab, name = `${place.backend(0)}:8080/6`) =>
  sumOf(lab, 'lbx_backend_traffic', lab.tables.backendIds.get(name)!);

const open = (options: LabOptions) =>
  createLab({ frontends: [service('LoadBalancer', [backend(0)])], ...options });

for (const hook of hooks) {
  describeKernel(`traffic at ${hook}`, () => {
    it('is counted for the frontend and the backend of each packet, slow path and fast', () => {
      using lab = open({ hook, traffic: 64 });
      const bytes = [0, 0];
      const send = (way: 0 | 1, packet: ReturnType<typeof request>) => {
        bytes[way]! += packet.bytes().length;
        return lab.send(packet);
      };
      const { dport, sport } = send(0, request({ flags: ['syn'] })).packet.tcp!;
      const answer = { sport: dport, dport: sport };
      send(1, reply({ ...answer, flags: ['syn', 'ack'] }));
      for (let n = 0; n < 5; n++) send(0, request({ payload: 'x'.repeat(100 * n) }));
      for (let n = 0; n < 3; n++) send(1, reply({ ...answer, payload: 'y'.repeat(200 * n) }));
      send(0, request({ flags: ['fin', 'ack'] }));
      expect(frontend(lab)).toEqual([7, bytes[0], 4, bytes[1]]);
      expect(backendOf(lab)).toEqual(frontend(lab));
      expect(lab.count('sent_request')).toBe(7);
      expect(lab.count('sent_reply')).toBe(4);
    });

    it('of backends on the node is counted, replies at egress', () => {
      using lab = open({ hook, traffic: 64, frontends: [service('LoadBalancer', [podBackend])] });
      const first = request({ flags: ['syn'] });
      const back = reply({ from: place.pod, to: place.client, dport: 40001, flags: ['syn', 'ack'] });
      lab.send(first);
      lab.leave(back);
      lab.send(request());
      expect(frontend(lab)).toEqual([
        2,
        first.bytes().length + request().bytes().length,
        1,
        back.bytes().length,
      ]);
      expect(backendOf(lab, `${place.pod}:8080/6`)).toEqual(frontend(lab));
    });

    it('is of what is sent only', () => {
      const frontends = [service('LoadBalancer', [backend(0)], { sourceRanges: ['203.0.113.0/30'] })];
      using lab = open({ hook, traffic: 64, frontends });
      expect(lab.send(request({ flags: ['syn'] })).verdict).toBe('drop');
      lab.send(request({ dport: 81 }));
      expect([frontend(lab), backendOf(lab)]).toEqual([none, none]);
    });
  });
}

describeKernel('traffic', () => {
  it('is not counted unless that is switched on, nor for ids beyond the maps', () => {
    using off = open({ traffic: 64, variables: { lbx_traffic_on: 0 } });
    off.send(request({ flags: ['syn'] }));
    expect([frontend(off), backendOf(off)]).toEqual([none, none]);
    using small = open({ traffic: 1 });
    expect(small.send(request({ flags: ['syn'] })).verdict).toBe('tx');
    expect(sumOf(small, 'lbx_frontend_traffic', 0)).toEqual(none);
  });

  it('is counted exactly on several CPUs at once', async () => {
    using lab = open({ traffic: 64 });
    const { dport, sport } = lab.send(request({ flags: ['syn'] })).packet.tcp!;
    lab.send(reply({ sport: dport, dport: sport, flags: ['syn', 'ack'] }));
    lab.send(request());
    const before = frontend(lab);
    const times = 3000;
    const run = (packet: ReturnType<typeof request>) => {
      const data = packet.bytes();
      const { fd } = lab.xdp.program('lbx_xdp');
      const workerData = { fd, data, ctx: xdpContext(data.length, lab.ifindex), times };
      return once(
        new Worker(new URL('./test-run-worker.ts', import.meta.url), {
          workerData,
          execArgv: ['--conditions=@lbx/source'],
          trackUnmanagedFds: false,
        }),
        'exit',
      );
    };
    const answers = reply({ sport: dport, dport: sport });
    const exits = await Promise.all([run(request()), run(request()), run(answers), run(answers)]);
    expect(exits).toEqual([[0], [0], [0], [0]]);
    const after = frontend(lab);
    const length = request().bytes().length;
    expect(after.map((count, i) => count - before[i]!)).toEqual([
      2 * times,
      2 * times * length,
      2 * times,
      2 * times * answers.bytes().length,
    ]);
    expect(backendOf(lab)).toEqual(after);
  });
});

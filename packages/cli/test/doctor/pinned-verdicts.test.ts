import { expect, it } from 'vitest';
import { judge } from './judge.ts';

const one = (status: string, found: RegExp, remedy?: RegExp) => [
  expect.objectContaining({
    status,
    found: expect.stringMatching(found),
    ...(remedy === undefined ? {} : { remedy: expect.stringMatching(remedy) }),
  }),
];
const pins = { pins: '/b/lbx', maps: 3, links: 2, locked: true, holder: 7, there: true };
const info = { kind: 'tcx', id: 1, programId: 1, attached: true, ifindex: 2 };
const link = { name: 'tc_ingress_eth0', info, programName: 'lbx_tc_ingress' };
const links = { links: [link], devices: [{ name: 'eth0', ifindex: 2 }] };
const cgroupLink = {
  name: 'cgroup_connect4',
  info: { ...info, kind: 'cgroup', ifindex: undefined, cgroupId: 5n },
};
const derived = { endpoints: 3, closedWords: 0, looseWords: 0, backends: 2, deadBackends: [] };
const packets = (n: number) => ({ packets: n, bytes: 0 });

it.each([
  ['pins', pins, one('ok', /3 maps and 2 links.*process 7/)],
  ['pins', { ...pins, holder: undefined }, one('ok', /not to be seen/)],
  ['pins', { ...pins, locked: false }, one('warn', /no process keeps them/, /lbx cleanup/)],
  ['pins', { ...pins, there: false, maps: 0, links: 0 }, one('ok', /nothing is pinned/)],
  ['links', links, one('ok', /all 1 links/)],
  [
    'links',
    { ...links, links: [{ ...link, info: { ...info, attached: false } }] },
    one('fail', /not attached/, /agent again/),
  ],
  ['links', { ...links, links: [{ ...link, programName: 'other' }] }, one('fail', /runs other/)],
  [
    'links',
    { ...links, devices: [{ name: 'eth0', ifindex: 3 }] },
    one('warn', /index 2/, /network namespace/),
  ],
  ['links', { ...links, links: [cgroupLink], cgroupId: 1n }, one('note', /another cgroup/, /--cgroup/)],
  ['links', { ...links, links: [cgroupLink], cgroupId: 5n }, one('ok', /where they say/)],
  ['map-ids', { mismatches: [], programs: 4 }, one('ok', /4 links/)],
  [
    'map-ids',
    { mismatches: [{ map: 'm', ours: 1, theirs: 2, where: 'xdp_eth0', message: '' }], programs: 4 },
    one('fail', /uses map 2, pinned is map 1/, /agent again/),
  ],
  ['layouts', { maps: [{ name: 'm' }] }, one('ok', /all 1/)],
  [
    'layouts',
    { maps: [{ name: 'm', difference: 'its layout has version 9' }] },
    one('fail', /version 9/, /lbx that pinned it/),
  ],
  [
    'map-pressure',
    {
      maps: [
        { name: 'm', entries: 1, max: 10 },
        { name: 'n', entries: 2, max: 10 },
      ],
    },
    one('ok', /n: 2 of 10/),
  ],
  ['map-pressure', { maps: [{ name: 'm', entries: 9, max: 10 }] }, one('warn', /9 of 10/, /--endpoints/)],
  ['map-pressure', { maps: [{ name: 'm', entries: 10, max: 10 }] }, one('fail', /10 of 10/)],
  ['map-pressure', { maps: [] }, one('ok', /no map/)],
  ['drops', { counters: {} }, one('ok', /nothing unusual/)],
  [
    'drops',
    { counters: { sent_request: packets(1000), note_new_flow: packets(5000), drop_wildcard: packets(3) } },
    one('ok', /among 1003/),
  ],
  [
    'drops',
    { counters: { sent_request: packets(99), drop_wildcard: packets(1) } },
    one('note', /1 of 100/, /--reason drop_wildcard/),
  ],
  [
    'drops',
    { counters: { sent_request: packets(9), drop_forwarding_disabled: packets(1) } },
    one('warn', /1 of 10/, /forwarding=1/),
  ],
  [
    'drops',
    { counters: { sent_request: packets(9999), drop_no_route: packets(1) } },
    one('note', /1 of 10000/, /ip route/),
  ],
  ['derived-state', { state: undefined, served: true }, one('ok', /none/)],
  ['derived-state', { state: derived, served: true }, one('ok', /3 endpoints, and 2 backends/)],
  [
    'derived-state',
    { state: { ...derived, closedWords: 1 }, served: false },
    one('fail', /1 words lack/, /start lbx agent again/),
  ],
  [
    'derived-state',
    { state: { ...derived, deadBackends: [1, 2, 3, 4, 5, 6] }, served: true },
    one('fail', /ids 1, 2, 3, 4, 5, …/, /repairs it/),
  ],
  ['derived-state', { state: { ...derived, looseWords: 2 }, served: true }, one('note', /2 words/)],
])('%s of %o', (id, facts, verdicts) => {
  expect(judge(id, facts)).toEqual(verdicts);
});

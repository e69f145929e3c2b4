import { link } from './link.ts';
import { box, drawing, text } from './svg.ts';

/** docs/pictures/map-relations.svg: which map's value is another one's key. */
export function mapRelations(): string {
  return drawing(
    800,
    470,
    'Which map leads to which: from a packet to services, Maglev tables, backends, and flows',
    [
      text(20, 32, 'a packet to a service', { bold: true }),
      text(20, 52, 'address, port, protocol', { size: 12, fill: 'soft' }),
      box({ x: 20, y: 70, width: 190, height: 56 }, ['lbx_gate', "a bit: can it be a service's?"], 'b'),
      box(
        { x: 20, y: 170, width: 190, height: 74 },
        ['lb4_services_v2, slot 0', 'the frontend: how many', 'backends, which flags'],
        'a',
      ),
      box({ x: 20, y: 300, width: 190, height: 56 }, ['lb4_services_v2, slot n', 'its n-th backend'], 'a'),
      box(
        { x: 300, y: 170, width: 190, height: 74 },
        ['lb4_maglev', 'frontend id → table', 'hash → backend id'],
        'a',
      ),
      box({ x: 300, y: 300, width: 190, height: 56 }, ['lb4_backends_v3', 'address, port, state'], 'a'),
      box({ x: 300, y: 396, width: 190, height: 56 }, ['lbx_backend_meta', 'generation; local?'], 'b'),
      box(
        { x: 580, y: 70, width: 200, height: 56 },
        ['lb4_reverse_nat', "frontend id → service's address"],
        'a',
      ),
      box(
        { x: 580, y: 170, width: 200, height: 74 },
        ['lb4_source_range,', 'lb4_affinity', 'may the client? had it one?'],
        'a',
      ),
      box({ x: 580, y: 300, width: 200, height: 56 }, ['lbx_flow_set4', '5-tuple → the whole rewrite'], 'b'),
      box(
        { x: 580, y: 396, width: 200, height: 56 },
        ['lbx_rev4, lbx_routes', 'answers by port; next hops'],
        'b',
      ),
      link('115,126 115,168'),
      link('115,244 115,298', 'soft', { words: 'random: a slot', x: 123, y: 276 }),
      link('210,200 298,200', 'soft', { words: 'frontend id', x: 254, y: 216, anchor: 'middle' }),
      link('210,328 298,328', 'soft', { words: 'backend id', x: 254, y: 320, anchor: 'middle' }),
      link('395,244 395,298', 'soft', { words: 'backend id', x: 403, y: 276 }),
      link('395,356 395,394'),
      link('210,184 260,184 260,98 578,98', 'soft', {
        words: 'frontend id',
        x: 400,
        y: 90,
        anchor: 'middle',
      }),
      link('260,148 540,148 540,206 578,206'),
      link('490,328 578,328', 'soft', { words: 'new flow', x: 534, y: 320, anchor: 'middle' }),
      link('680,356 680,394'),
      text(20, 412, 'green: Cilium’s layout', { size: 12, fill: 'a' }),
      text(20, 432, 'purple: lbx’s own', { size: 12, fill: 'b' }),
    ],
  );
}

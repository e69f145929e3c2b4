import { arrow, box, drawing, text } from './svg.ts';

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
      arrow(
        [
          [115, 126],
          [115, 168],
        ],
        'soft',
      ),
      arrow(
        [
          [115, 244],
          [115, 298],
        ],
        'soft',
      ),
      text(123, 276, 'random: a slot', { size: 12, fill: 'soft' }),
      arrow(
        [
          [210, 200],
          [298, 200],
        ],
        'soft',
      ),
      text(254, 216, 'frontend id', { anchor: 'middle', size: 12, fill: 'soft' }),
      arrow(
        [
          [210, 328],
          [298, 328],
        ],
        'soft',
      ),
      text(254, 320, 'backend id', { anchor: 'middle', size: 12, fill: 'soft' }),
      arrow(
        [
          [395, 244],
          [395, 298],
        ],
        'soft',
      ),
      text(403, 276, 'backend id', { size: 12, fill: 'soft' }),
      arrow(
        [
          [395, 356],
          [395, 394],
        ],
        'soft',
      ),
      arrow(
        [
          [210, 184],
          [260, 184],
          [260, 98],
          [578, 98],
        ],
        'soft',
      ),
      text(400, 90, 'frontend id', { anchor: 'middle', size: 12, fill: 'soft' }),
      arrow(
        [
          [260, 148],
          [540, 148],
          [540, 206],
          [578, 206],
        ],
        'soft',
      ),
      arrow(
        [
          [490, 328],
          [578, 328],
        ],
        'soft',
      ),
      text(534, 320, 'new flow', { anchor: 'middle', size: 12, fill: 'soft' }),
      arrow(
        [
          [680, 356],
          [680, 394],
        ],
        'soft',
      ),
      text(20, 412, 'green: Cilium’s layout', { size: 12, fill: 'a' }),
      text(20, 432, 'purple: lbx’s own', { size: 12, fill: 'b' }),
    ],
  );
}

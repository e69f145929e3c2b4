import { arrow, box, drawing, text } from './svg.ts';

/** docs/pictures/packet.svg: where a packet from outside and a connection from the node meet lbx. */
export function packetWay(): string {
  const node =
    '<rect x="190" y="40" width="420" height="390" rx="10" fill="none" stroke="var(--lbx-line)" stroke-width="1.5" stroke-dasharray="6 5"/>';
  return drawing(800, 450, 'The way of a packet through a node: XDP, tc, and the hook of sockets', [
    node,
    text(400, 62, 'node', { anchor: 'middle', fill: 'soft' }),
    box({ x: 20, y: 100, width: 120, height: 60 }, ['client', 'outside'], 'd'),
    box({ x: 230, y: 90, width: 150, height: 80 }, ['XDP', 'network driver', 'translate, send back'], 'a'),
    box({ x: 430, y: 90, width: 150, height: 80 }, ['tc', 'ingress and egress', 'what XDP leaves'], 'a'),
    box({ x: 430, y: 240, width: 150, height: 56 }, ['backend', 'on this node'], 'd'),
    box({ x: 230, y: 340, width: 150, height: 64 }, ['process', 'on the node, or a pod'], 'd'),
    box(
      { x: 430, y: 336, width: 150, height: 72 },
      ['socket hook', 'connect() gets', "a backend's address"],
      'a',
    ),
    box({ x: 660, y: 240, width: 120, height: 60 }, ['backend', 'on another node'], 'd'),
    arrow(
      [
        [140, 120],
        [228, 120],
      ],
      'd',
    ),
    text(184, 112, 'request', { anchor: 'middle', size: 12, fill: 'soft' }),
    arrow(
      [
        [228, 148],
        [142, 148],
      ],
      'c',
    ),
    text(184, 166, 'answer', { anchor: 'middle', size: 12, fill: 'soft' }),
    arrow(
      [
        [380, 130],
        [428, 130],
      ],
      'd',
    ),
    arrow(
      [
        [492, 170],
        [492, 238],
      ],
      'd',
    ),
    arrow(
      [
        [518, 238],
        [518, 172],
      ],
      'c',
    ),
    text(526, 210, 'answer', { size: 12, fill: 'soft' }),
    arrow(
      [
        [305, 170],
        [305, 215],
        [630, 215],
        [630, 262],
        [658, 262],
      ],
      'd',
    ),
    arrow(
      [
        [658, 286],
        [638, 286],
        [638, 316],
        [280, 316],
        [280, 172],
      ],
      'c',
    ),
    text(314, 208, 'remote: out again at once', { anchor: 'start', size: 12, fill: 'soft' }),
    text(290, 308, 'its answer', { anchor: 'start', size: 12, fill: 'soft' }),
    arrow(
      [
        [380, 372],
        [428, 372],
      ],
      'd',
    ),
    arrow(
      [
        [505, 334],
        [505, 298],
      ],
      'b',
    ),
    arrow(
      [
        [580, 372],
        [720, 372],
        [720, 302],
      ],
      'b',
    ),
    text(612, 392, 'nothing is translated', { size: 12, fill: 'soft' }),
    text(612, 408, 'afterwards', { size: 12, fill: 'soft' }),
  ]);
}

import { link } from './link.ts';
import { box, drawing, text } from './svg.ts';

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
    link('140,120 228,120', 'd', { words: 'request', x: 184, y: 112, anchor: 'middle' }),
    link('228,148 142,148', 'c', { words: 'answer', x: 184, y: 166, anchor: 'middle' }),
    link('380,130 428,130', 'd'),
    link('492,170 492,238', 'd'),
    link('518,238 518,172', 'c', { words: 'answer', x: 526, y: 210 }),
    link('305,170 305,215 630,215 630,262 658,262', 'd', {
      words: 'remote: out again at once',
      x: 314,
      y: 208,
    }),
    link('658,286 638,286 638,316 280,316 280,172', 'c', { words: 'its answer', x: 290, y: 308 }),
    link('380,372 428,372', 'd'),
    link('505,334 505,298', 'b'),
    link('580,372 720,372 720,302', 'b', { words: 'nothing is translated', x: 612, y: 392 }),
    text(612, 408, 'afterwards', { size: 12, fill: 'soft' }),
  ]);
}

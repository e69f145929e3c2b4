import type { Frontend } from '@lbx/maps';
import { expect, it } from 'vitest';
import { changesTo } from './service-changes.ts';

const frontend = (service: string, port: number): Frontend => ({
  service,
  address: '198.51.100.1',
  port,
  protocol: 'TCP',
  type: 'LoadBalancer',
  backends: [],
});
const [a1, a2, b, c] = [frontend('a', 1), frontend('a', 2), frontend('b', 3), frontend('c', 4)];

it('names services that are new, changed or gone, and no others', () => {
  const services = new Map([
    ['a', [a1, a2]],
    ['b', [b]],
    ['gone', [c]],
  ]);
  expect(changesTo([b, a1, a2], services)).toEqual(new Map([['gone', []]]));
  expect(changesTo([a1, b, c, a2], services)).toEqual(
    new Map<string, Frontend[]>([
      ['gone', []],
      ['c', [c]],
    ]),
  );
  expect(changesTo([a2, a1, { ...b }], services)).toEqual(
    new Map<string, Frontend[]>([
      ['gone', []],
      ['a', [a2, a1]],
      ['b', [b]],
    ]),
  );
});

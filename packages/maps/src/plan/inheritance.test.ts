import { expect, it } from 'vitest';
import { createIds } from '../ids/ids.ts';
import type { Backend } from '../model/backend.ts';
import type { Frontend } from '../model/frontend.ts';
import { project } from '../project/project.ts';
import { createInheritance, nothingUnread, type Unread } from './inheritance.ts';
import { createWritten } from './written.ts';

const at = (last: number, rest: Partial<Backend> = {}): Backend => ({
  address: `192.0.2.${last}`,
  port: 8080,
  protocol: 'TCP',
  ...rest,
});
const web = (address: string, backends: readonly Backend[], service = 'web'): Frontend => ({
  service,
  address,
  port: 80,
  protocol: 'TCP',
  type: 'ClusterIP',
  backends,
});
const unread = (...services: string[]): Unread => ({ unclaimed: false, services: new Set(services) });

const found = [at(1), at(2, { state: 'terminating' }), at(3, { standby: true, zone: 7 })];
/** The ids of backends are those of their last bytes. */
const inherit = (frontends: readonly Frontend[]) =>
  createInheritance(createWritten(project(frontends, { nodeAddresses: [] }, createIds())), (id) =>
    id === 1 ? 'local' : undefined,
  );
const backendsOf = (frontends: readonly Frontend[]) => frontends.map(({ backends }) => backends);

it('keeps backends with what maps say of them, in one array for frontends with the same', () => {
  const two = [web('198.51.100.1', found), web('198.51.100.2', found)];
  const inheritance = inherit(two);
  inheritance.setUnread(unread('web'));
  const given = [at(9)];
  const after = inheritance.complete(
    'web',
    two.map((frontend) => ({ ...frontend, backends: given })),
  );
  expect(after[0]?.backends).toEqual([at(9), at(1, { node: 'local' }), ...found.slice(1)]);
  expect(after[1]?.backends).toBe(after[0]?.backends);
  expect(inheritance.kept).toBe(2);
});

it('gives services as they are that are not unread, and frontends that are not inherited', () => {
  const inheritance = inherit([web('198.51.100.1', found)]);
  inheritance.setUnread(unread('web'));
  const others = [web('198.51.100.1', [], 'db')];
  expect(inheritance.complete('db', others)).toBe(others);
  expect(backendsOf(inheritance.complete('web', [web('198.51.100.9', [])]))).toEqual([[]]);
  expect(inheritance.kept).toBe(0);
});

it('forgets a backend once it is given, a frontend once it is not, and a service once it is gone or read', () => {
  const inheritance = inherit([web('198.51.100.1', found), web('198.51.100.2', found)]);
  inheritance.setUnread(unread('web'));
  const [one, two] = [web('198.51.100.1', []), web('198.51.100.2', [])];
  inheritance.complete('web', [{ ...one, backends: [at(1)] }, two]);
  expect(backendsOf(inheritance.complete('web', [one, two]))).toEqual([found.slice(1), found.slice(1)]);
  inheritance.complete('web', [two]);
  expect(backendsOf(inheritance.complete('web', [one, two]))).toEqual([[], found.slice(1)]);
  expect(inheritance.setUnread(unread('web', 'db'))).toEqual([]);
  expect(inheritance.setUnread(nothingUnread)).toEqual(['web']);
  expect(backendsOf(inheritance.complete('web', [two]))).toEqual([[]]);
  expect(inheritance.kept).toBe(0);
});

import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { followNames } from './service-names.ts';

const web = '198.51.100.1:80/TCP';
const api = '198.51.100.2:80/TCP';

async function follow(names: Record<string, string>) {
  let now = 0;
  let loads = 0;
  const source = {
    from: 'a test',
    missMs: 2000,
    async load() {
      loads += 1;
      return new Map(Object.entries(names));
    },
  };
  const followed = await followNames(source, () => now);
  return {
    ...followed,
    names,
    loads: () => loads,
    /** Asks so many milliseconds later, and lets an answer arrive. */
    async askLater(ms: number, frontend: string) {
      now += ms;
      const name = followed.serviceOf(frontend);
      await turn();
      return name;
    },
  };
}

it('knows names, all frontends of a service, and NodePorts by any address', async () => {
  const { serviceOf, frontendsOf, all } = await follow({
    [web]: 'shop/web',
    '0.0.0.0:30080/TCP': 'shop/web',
  });
  expect(serviceOf(web)).toBe('shop/web');
  expect(serviceOf('192.0.2.1:30080/TCP')).toBe('shop/web');
  expect(serviceOf('192.0.2.1:30081/TCP')).toBeUndefined();
  expect(frontendsOf('shop/web')).toEqual([web, '0.0.0.0:30080/TCP']);
  expect(all()).toEqual(['shop/web']);
});

it('asks again for a name that is not known, less often as long as that does not help', async () => {
  const { names, loads, askLater } = await follow({});
  await askLater(100, api);
  expect(loads()).toBe(1);
  await askLater(2000, api);
  expect(loads()).toBe(2);
  await askLater(2001, api);
  expect(loads()).toBe(2);
  names[api] = 'shop/api';
  expect(await askLater(2000, api)).toBeUndefined();
  expect(loads()).toBe(3);
  expect(await askLater(1, api)).toBe('shop/api');
  await askLater(2001, web);
  expect(loads()).toBe(4);
});

it('asks again after a minute for names that are known', async () => {
  const { names, askLater } = await follow({ [web]: 'shop/web' });
  names[web] = 'shop/other';
  expect(await askLater(59_000, web)).toBe('shop/web');
  expect(await askLater(2000, web)).toBe('shop/web');
  expect(await askLater(1, web)).toBe('shop/other');
});

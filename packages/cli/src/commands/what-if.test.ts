import { describe, expect, it } from 'vitest';
import { manifests, run } from '../../test/run.ts';

const node = ['--node', 'node-a'];
const ask = (...args: string[]) => run(['what-if', manifests, ...node, ...args]);

describe('lbx what-if', () => {
  it('tells shares, what moves, and what is written', async () => {
    const { code, out, err } = await ask('--add', 'shop/web=203.0.113.9:8080');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^~ .*198\.51\.100\.80:80\/TCP.* shop\/web$/m);
    expect(out).toMatch(
      /new flows \(random\): 50\.0 % get another backend than before; at least 33\.3 % must/,
    );
    expect(out).toMatch(/established flows: 100\.0 % stay with their backend, 0\.0 % lose it/);
    expect(out).toMatch(/^ {2}203\.0\.113\.9:8080\/TCP +0\.0 % +33\.3 %$/m);
    expect(out).toMatch(/^writes: 9 set, 0 deleted$/m);
  });

  it('of a dump, by address, is the same as of the manifests', async () => {
    const dumped = await run(['dump', '--plan', manifests, ...node]);
    const args = ['--remove', '198.51.100.80:80=203.0.113.1:8080', '--json'];
    const [a, b] = await Promise.all([ask(...args), run(['what-if', '-', ...args], dumped.out)]);
    const [one, two] = [JSON.parse(a.out), JSON.parse(b.out)];
    expect(two.entriesNotUnderstood).toBe(0);
    expect(two.frontends).toEqual(one.frontends.map((f: { name: string }) => ({ ...f, service: f.name })));
    expect(two.writes).toEqual(one.writes);
    expect(one.frontends[0].established).toEqual({ kept: 0.5, ended: 0.5 });
  });

  it('another algorithm, a weight and a state', async () => {
    const maglev = ['--algorithm', 'maglev', '--maglev-size', '251'];
    const { out } = await ask(...maglev, '--weight', 'shop/web/203.0.113.1:8080=300');
    expect(out).toMatch(/new flows \(random, then maglev\)/);
    expect(out).toMatch(/^ {2}203\.0\.113\.1:8080\/TCP +50\.0 % +7\d\.\d %$/m);
    const drained = await ask('--state', 'shop/web/203.0.113.1:8080=terminating');
    expect(drained.out).toMatch(/established flows: 100\.0 % stay/);
    expect(drained.out).toMatch(/^ {2}203\.0\.113\.1:8080\/TCP +50\.0 % +0\.0 %$/m);
  });

  it.each([
    ['nothing to change', [], 2, /what if what\?/],
    ['no place', ['--add', 'shop/web=nowhere'], 2, /say SERVICE=ADDRESS:PORT/],
    ['an unknown service', ['--add', 'shop/x=203.0.113.9:80'], 3, /there are shop\/web/],
    ['an unknown backend', ['--remove', 'shop/web=203.0.113.9:80'], 3, /it has 203\.0\.113\.1:8080/],
    ['an unknown state', ['--state', 'shop/web/203.0.113.1:8080=tired'], 2, /states are active/],
  ])('%s', async (_, args, code, message) => {
    const ran = await ask(...args);
    expect(ran.code).toBe(code);
    expect(ran.err).toMatch(message);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { run, vectors } from '../../test/run.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';

const files: Readonly<Record<string, string>> = {
  maps: 'cilium-1.20.2-maps.json',
  maglev: 'cilium-maglev.json',
  project: 'cilium-project.jsonl',
  'kube-proxy': 'kube-proxy-cases.jsonl',
};
const text = (what: string) => readFileSync(vectors(files[what]!), 'utf8');
/** The first lines of a file with one vector a line. */
const head = (what: string, count: number) => text(what).split('\n').slice(0, count).join('\n');

describe('lbx verify', () => {
  it.each(Object.entries(files))('%s: all vectors pass', async (what, name) => {
    const { code, lines, err } = await run(['verify', what, vectors(name)]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(lines).toEqual([expect.stringMatching(/^[1-9]\d* passed, 0 failed$/)]);
  });

  it('project: sequences of steps pass as well, and the order of writes is told', async () => {
    const { code, lines } = await run(['verify', 'project', vectors('cilium-project-steps.jsonl')]);
    expect(code).toBe(0);
    expect(lines).toEqual([
      expect.stringMatching(
        /^205 of 1550 recorded calls pass through .*; looked for after each of our \d+ writes$/,
      ),
      '81 passed, 0 failed',
    ]);
  });

  it('kube-proxy: histories are read as cases are', async () => {
    const { code, lines } = await run(['verify', 'kube-proxy', vectors('kube-proxy-histories.jsonl')]);
    expect(code).toBe(0);
    expect(lines).toEqual([
      expect.stringMatching(/^edge\/quirk-slice-that-loses-its-label-stays differs and is not counted: /),
      '109 passed, 0 failed',
    ]);
  });

  it.each<[string, string, string, string, RegExp]>([
    [
      'maps',
      text('maps'),
      text('maps').match(/"hex": ?"[0-9a-f]{24}"/)![0],
      'a key or value of 12 bytes',
      /^vector \d+, (key|value) of cilium_\w+: .*expected/m,
    ],
    [
      'maglev',
      text('maglev'),
      text('maglev').match(/"h1": ?"[0-9a-f]{16}"/)![0],
      'a murmur3 hash',
      /^murmur3 .*: h1 is [0-9a-f]{16}, expected [0-9a-f]{16}$/m,
    ],
    [
      'project',
      head('project', 3),
      head('project', 3).match(/"be4":\[\["01000000","[0-9a-f]{24}"/)![0],
      'a backend',
      /^type ClusterIP v4 TCP: - lb4_backends_v3 01000000 [0-9a-f]{24}/m,
    ],
    [
      'kube-proxy',
      head('kube-proxy', 40),
      head('kube-proxy', 40).match(/"portName":"\w+"/)![0],
      'the name of a port',
      /portName: expected "htt1", is "http"$/m,
    ],
  ])('%s: one byte altered is 1, and the difference is shown', async (what, good, found, _of, difference) => {
    using folder = temporaryFolder({ good, bad: good.replace(found, alter(found)) });
    expect(await run(['verify', what, folder.file('good')])).toMatchObject({ code: 0 });
    const { code, out, lines } = await run(['verify', what, folder.file('bad')]);
    expect(code).toBe(1);
    expect(out).toMatch(difference);
    expect(lines.at(-1)).toMatch(/^\d+ passed, 1 failed$/);
    const report = JSON.parse((await run(['verify', what, folder.file('bad'), '--json'])).out);
    expect(report.failed).toBe(1);
    expect(report.differences.join('\n')).toMatch(difference);
  });

  it.each(
    Object.keys(files).flatMap((what) =>
      [
        ['empty', ''],
        ['no JSON', 'apiVersion: v1\n'],
        ['other JSON', '{"hello": 1}\n'],
        ['null', 'null'],
        ['empty list', '[]'],
        ['hollow', '{"name": "a", "input": {}, "expected": {}, "map": 1}\n'],
      ].map(([kind, content]) => [what, kind, content]),
    ),
  )('%s: a file that is none of it (%s) is 3 and named', async (what, _kind, content) => {
    using folder = temporaryFolder({ 'some-file': content! });
    const { code, out, err } = await run(['verify', what!, folder.file('some-file')]);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain(folder.file('some-file'));
  });

  it('a missing file is 3', async () => {
    const { code, err } = await run(['verify', 'maps', '/nonexistent/vectors.json']);
    expect(code).toBe(3);
    expect(err).toContain('cannot read /nonexistent/vectors.json: there is no such file');
  });

  it('names the line that is no vector', async () => {
    using folder = temporaryFolder({ 'v.jsonl': `${head('project', 1)}\n\n{"name": "x"}\n` });
    const { code, err } = await run(['verify', 'project', folder.file('v.jsonl')]);
    expect(code).toBe(3);
    expect(err).toContain('v.jsonl:3 is no such vector');
  });
});

/** Another last digit (or letter). */
function alter(found: string): string {
  return found.replace(/\w(?="?$)/, (digit) => (digit === '1' ? '2' : '1'));
}

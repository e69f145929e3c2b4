import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { manifests, run } from '../../test/run.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { readState, type StateOptions } from './state.ts';

const read = (name: string, options: StateOptions = {}, input = '') =>
  readState(name, options, { input: Readable.from([input]) }, 'test');
const line = 'lb4_backends_v3 id=1 => 192.0.2.10:8080/TCP active';

describe('readState', () => {
  it('of manifests and of a dump of them, as lines and as JSON, is the same', async () => {
    const dumped = await run(['dump', '--plan', manifests, '--node', 'node-a']);
    using folder = temporaryFolder({ 'a.txt': dumped.out, 'a.json': JSON.stringify(dumped.lines) });
    const keys = async (name: string, options = {}) =>
      [...(await read(name, options)).snapshot.entries.keys()].sort();
    const wanted = await keys(manifests, { node: 'node-a' });
    expect(wanted.length).toBeGreaterThan(5);
    expect(await keys(folder.file('a.txt'))).toEqual(wanted);
    expect(await keys(folder.file('a.json'))).toEqual(wanted);
  });

  it('keeps maps of packets apart', async () => {
    const act = 'lb4_affinity clientIp=203.0.113.7 revNatId=3 netnsCookie=0 => lastUsed=1994 backendId=1';
    const state = await read('-', {}, `# a comment\n${line}\n${act}\n`);
    expect([...state.snapshot.entries.values()]).toMatchObject([{ map: 'lb4_backends_v3' }]);
    expect(state.others).toMatchObject([{ map: 'lb4_affinity' }]);
    expect(state).toMatchObject({ kind: 'dump', label: 'the dump on standard input', problems: [] });
  });

  it.each([
    [
      'a line that is none',
      `${line}\nnonsense`,
      'LBX_BAD_FILE',
      /the dump on standard input is none: line 2 .*; give what lbx dump wrote/,
    ],
    ['JSON of something else', '[1]', 'LBX_BAD_FILE', /lbx dump --json/],
    ['broken JSON', '["', 'LBX_BAD_FILE', /standard input is not JSON/],
  ])('%s is told', async (_, text, code, message) => {
    await expect(read('-', {}, text)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('manifests want a node, and files must be there', async () => {
    await expect(read(manifests)).rejects.toMatchObject({ code: 'LBX_BAD_FLAG' });
    await expect(read('/nonexistent')).rejects.toMatchObject({ code: 'LBX_BAD_FILE' });
  });
});

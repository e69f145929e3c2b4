import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { manifests, run } from '../test/run.ts';
import { temporaryFolder } from '../test/temporary-folder.ts';

afterEach(() => vi.restoreAllMocks());

describe('lbx', () => {
  it('tells the version of its package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(await run(['--version'])).toMatchObject({ code: 0, out: version, err: '' });
  });

  it('helps on stdout, names the exit codes, and hides what only the demo calls', async () => {
    const { code, out } = await run(['--help']);
    expect(code).toBe(0);
    for (const command of [
      'agent',
      'cleanup',
      'decode',
      'demo',
      'dump',
      'encode',
      'explain',
      'monitor',
      'plan',
      'verify',
    ])
      expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(out).toContain('4 the machine lacks something');
    expect(out).not.toContain('demo-');
  });

  it.each([
    [[], 'Usage: lbx'],
    [['frob'], "lbx: unknown command 'frob'\nlbx help shows all commands"],
    [['help', 'statsu'], '(Did you mean status?)'],
    [['status', '--frob'], "lbx: unknown option '--frob'\nlbx help status shows all options"],
    [['top', '--iterations', '1.5'], "argument '1.5' is not understood: say a whole number"],
    [['apply'], 'apply what?'],
    [['plan', '--node', 'n'], "missing required argument 'dir'"],
    [['plan', manifests], "required option '--node <name>' not specified"],
    [['plan', manifests, '--node', 'n', '--algorithm', 'best'], "'best' is none; there are: random, maglev"],
    [['plan', manifests, '--node', 'n', '--maglev-size', 'x'], 'say a whole number'],
    [['plan', manifests, '--node', 'n', '--maglev-size', '1000'], '1000'],
    [['agent', '--node', 'n', '--manifests', manifests, '--maglev-size', '16380'], '16380'],
    [['plan', manifests, '--node', 'n', '--frob'], "unknown option '--frob'"],
    [['plan', manifests, 'more', '--node', 'n'], 'too many arguments'],
    [['explain', manifests, '--node', 'n', '--from', '1.2.3.4', '--to', '1.2.3.4:5'], 'say ADDRESS:PORT'],
    [['explain', manifests, '--node', 'n', '--from', '1.2.3.400:1', '--to', '1.2.3.4:5'], 'say ADDRESS:PORT'],
    [['verify', 'everything', 'file'], "'everything' is none; there are: maps, maglev, project, kube-proxy"],
    [['encode', 'lb4_services', 'key'], 'there is no such map; did you mean lb4_services_v2?'],
    [['encode', 'routes', 'key'], 'there is no such map; known maps: lb4_services_v2, '],
    [['decode', 'lb4_services_v2', 'both'], "say 'key' or 'value'"],
    [['dump', '--layout', 'katran'], "'katran' is none; there are: lbx, cilium"],
    [['dump', '--plan', manifests], '--plan needs --node NAME'],
    [['monitor', '--kind', 'drop,losses'], "'losses' is none; there are: new, note, pass, drop, reject"],
    [['monitor', '--reason', 'sent_request'], 'there is no such reason to listen to'],
    [['monitor', '--sample', '0'], 'say a whole number from 1 on'],
    [['dump', '--plan', manifests, '--node', 'n', '--pins', '/x'], 'exclude each other'],
  ])('%j is usage: 2, said on stderr', async (argv, message) => {
    const { code, out, err } = await run(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  it.each([[['cleanup']], [['demo']], [['dump']], [['monitor']]])('%j needs root: 4', async (argv) => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    const { code, out, err } = await run(argv);
    expect({ code, out }).toEqual({ code: 4, out: '' });
    expect(err).toMatch(/^lbx: .*must run as root/);
  });

  it('an agent must know where services come from', async () => {
    const { code, err } = await run(['agent', '--node', 'node-a']);
    expect(code).toBe(2);
    expect(err).toContain('either --kubeconfig FILE, --in-cluster or --manifests DIR');
  });

  it('has nothing to clean up where nothing is pinned', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(0);
    using folder = temporaryFolder();
    const pins = folder.file('pins');
    expect(await run(['cleanup', '--pins', pins])).toMatchObject({
      code: 0,
      out: expect.stringContaining(`nothing of lbx is pinned in ${pins}`),
    });
    const { out } = await run(['cleanup', '--pins', pins, '--json']);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'nothing', items: [], failed: [], foreign: [] });
  });

  it('cleans up nothing outside of a BPF file system: 4', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(0);
    using folder = temporaryFolder({ lb4_services_v2: 'not a pin' });
    const { code, err } = await run(['cleanup', '--pins', folder.path]);
    expect(code).toBe(4);
    expect(err).toContain(`${folder.path} is not in a BPF file system`);
    expect(readFileSync(folder.file('lb4_services_v2'), 'utf8')).toBe('not a pin');
  });

  it('monitors nothing where nothing is pinned: 4; knows no such address: 2', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(0);
    using folder = temporaryFolder();
    const none = await run(['monitor', '--pins', folder.path]);
    expect(none.code).toBe(4);
    expect(none.err).toContain(`no maps of lbx are pinned in ${folder.path}: start lbx agent`);
    const wrong = await run(['monitor', '--pins', folder.path, '--address', 'here']);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("argument 'here' is not understood: say an address, a network");
  });

  it('dumps no maps where none are pinned: 4', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(0);
    using folder = temporaryFolder();
    const { code, err } = await run(['dump', '--pins', folder.path]);
    expect(code).toBe(4);
    expect(err).toContain(`no maps of lbx are pinned in ${folder.path}: start lbx agent`);
  });
});

import { expect, it } from 'vitest';
import { manifests, run } from '../../test/run.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';

const given = ['agent', '--node', 'node-a', '--manifests', manifests];

it('shows the options in force, from flags, variables and the file', async () => {
  using folder = temporaryFolder({ 'agent.yaml': 'device: eth0\nmtu: 1400\n' });
  const file = folder.file('agent.yaml');
  const { code, lines } = await run([...given, '--config', file, '--mtu', '1300', '--print-config']);
  expect(code).toBe(0);
  expect(lines).toContainEqual(expect.stringMatching(/^mtu: 1300 +# --mtu$/));
  expect(lines).toContainEqual(expect.stringMatching(/^device: eth0 +# .*agent\.yaml:1$/));
  const { out } = await run(['agent', '--config', file, '--print-config', '--json']);
  expect(JSON.parse(out)).toMatchObject({ mtu: { value: 1400, origin: `${file}:2` }, node: { value: null } });
});

it('checks options without starting anything', async () => {
  expect(await run([...given, '--check-config'])).toMatchObject({ code: 0, out: 'the options are good' });
  using folder = temporaryFolder({ 'agent.yaml': 'mtv: 1400\n' });
  expect(await run([...given, '--check-config', '--config', folder.file('agent.yaml')])).toMatchObject({
    code: 3,
    out: '',
    err: expect.stringContaining("agent.yaml:1:1: unknown key 'mtv'; did you mean 'mtu'?"),
  });
  expect(await run([...given, '--config', folder.file('none')])).toMatchObject({ code: 3 });
});

it.each([
  [['agent', '--manifests', manifests], '--node NAME, or the variable NODE_NAME'],
  [[...given, '--in-cluster'], 'not several'],
  [[...given, '--api-server', 'https://192.0.2.10'], '--api-server goes with --in-cluster'],
])('%j is usage', async (argv, message) => {
  expect(await run(argv)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
});

it('says what is missing for a service account', async () => {
  const { code, err } = await run([
    'agent',
    '--node',
    'n',
    '--in-cluster',
    '--api-server',
    'https://192.0.2.10',
  ]);
  expect(code).toBe(4);
  expect(err).toContain('outside of a pod say --kubeconfig FILE or --manifests DIR');
});

it('help has every option, in groups', async () => {
  const { out } = await run(['agent', '--help']);
  for (const text of ['What to serve:', 'Datapath:', '--in-cluster', '--no-wildcards', '--log-format'])
    expect(out).toContain(text);
});

it('knows that nothing is there before it needs any right', async () => {
  for (const flag of ['--manifests', '--kubeconfig'])
    expect(await run(['agent', '--node', 'n', flag, '/nonexistent/place'])).toMatchObject({
      code: 3,
      err: expect.stringContaining(`${flag} /nonexistent/place: there is no such file or folder`),
    });
});

// What a user does: `npm install` in an empty folder, then import, require, types and a small thing done with each package,
// under the oldest Node that the packages allow and the one that is developed with.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { entryPoints } from '../release/import-cost.ts';
import { packPackage } from '../release/pack-package.ts';
import { publicPackages } from '../release/public-packages.ts';
import type { Step } from './step.ts';

const oldestNode = '22.19.0';
/** Those that run as they are, where they are copied to, without root. */
const examples = ['encode-service.ts', 'script-map-state.ts', 'maglev-disruption.ts'];
/** Entry points for a test runner that the user brings. */
const needsPeer = /\/(vitest|jest)$/;

export const installs: Step = {
  name: 'installs',
  run: () => {
    const folder = mkdtempSync(join(tmpdir(), 'lbx-install-'));
    try {
      const tarballs = publicPackages().map((each) => packPackage(each, folder).tarball);
      return [process.execPath, oldNode()].flatMap((node) => checkInstalled(node, folder, tarballs));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Installed beside pnpm, inside the checkout. */
function oldNode(): string {
  const prefix = resolve(`.tools/node-${oldestNode}`);
  const name = `node-linux-${process.arch}`;
  const node = join(prefix, 'node_modules', name, 'bin/node');
  if (existsSync(node)) return node;
  mkdirSync(prefix, { recursive: true });
  const { status, output } = run('npm', [
    'install',
    '--prefix',
    prefix,
    '--no-fund',
    '--no-audit',
    '--no-save',
    `${name}@${oldestNode}`,
  ]);
  if (status !== 0) throw new Error(`Node ${oldestNode} cannot be installed: ${output}`);
  return node;
}

function checkInstalled(node: string, folder: string, tarballs: readonly string[]): string[] {
  const version = run(node, ['--version']).stdout.trim();
  const place = join(folder, version);
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{ "private": true, "type": "module" }');
  const npm = realpathSync(run('sh', ['-c', 'command -v npm']).stdout.trim());
  const installed = run(
    node,
    [npm, 'install', '--no-fund', '--no-audit', '--prefer-offline', ...tarballs],
    place,
  );
  if (installed.status !== 0) return [`npm install under Node ${version}: ${installed.output}`];
  const entries = publicPackages().flatMap(({ folder: own }) =>
    entryPoints(own).filter((entry) => !needsPeer.test(entry)),
  );
  cpSync('scripts/check/consumer', place, { recursive: true });
  for (const example of examples) cpSync(`examples/${example}`, join(place, example));
  writeFileSync(join(place, 'entries.json'), JSON.stringify(entries));
  writeFileSync(
    join(place, 'types.mts'),
    `${entries.map((entry, i) => `import * as e${i} from '${entry}';`).join('\n')}\nexport const all = [${entries.map((_, i) => `e${i}`)}];\n`,
  );
  cpSync(join(place, 'types.mts'), join(place, 'types.cts'));
  const steps: [string, string, string[]][] = [
    ['import and use', node, ['use.mjs']],
    ['require', node, ['require.cjs']],
    ...examples.map((example): [string, string, string[]] => [`examples/${example}`, node, [example]]),
    ['lbx --version', node, ['node_modules/@lbx/cli/bin/lbx.js', '--version']],
    ...(['nodenext', 'node16', 'bundler'] as const).map((how): [string, string, string[]] => [
      `types for ${how}`,
      resolve('node_modules/.bin/tsc'),
      typesArgs(how),
    ]),
  ];
  return steps.flatMap(([what, file, args]) => {
    const { status, output } = run(file, args, place);
    return status === 0 ? [] : [`${what} under Node ${version}: ${output}`];
  });
}

function typesArgs(how: 'nodenext' | 'node16' | 'bundler'): string[] {
  const files = how === 'bundler' ? ['types.mts'] : ['types.mts', 'types.cts'];
  const module = how === 'bundler' ? 'esnext' : how;
  const common = [
    '--noEmit',
    '--strict',
    '--target',
    'es2024',
    '--lib',
    'es2024,esnext.disposable',
    '--skipLibCheck',
    'true',
  ];
  return [
    ...common,
    '--module',
    module,
    '--moduleResolution',
    how,
    '--types',
    'node',
    '--typeRoots',
    resolve('node_modules/@types'),
    ...files,
  ];
}

function run(file: string, args: readonly string[], cwd = '.') {
  // npm of this checkout's own run would tell its child to install elsewhere.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  const result = spawnSync(file, args, { cwd, encoding: 'utf8', env, maxBuffer: 64 << 20 });
  return {
    status: result.status,
    stdout: result.stdout ?? '',
    output: `${result.stdout}${result.stderr}${result.error?.message ?? ''}`,
  };
}

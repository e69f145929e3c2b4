// Where the hour is played: an empty home with the packed packages, and a shell that starts in it.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { type Cgroup, createCgroup, execCommand } from '@lbx/testing';
import { packPackage } from '../release/pack-package.ts';
import { publicPackages } from '../release/public-packages.ts';
import { driveShell, type Shell } from './shell.ts';

export interface World extends Disposable {
  /** Absolute. */
  readonly home: string;
  /** Starts a shell in a folder of the home. */
  shell(folder: string): Shell;
}

export function createWorld(repository: string): World {
  const home = mkdtempSync(join(tmpdir(), 'lbx-hour-'));
  const cgroups: Cgroup[] = [];
  const close = () => {
    for (const cgroup of cgroups) cgroup.close();
    rmSync(home, { recursive: true, force: true });
  };
  try {
    mkdirSync(join(home, 'packages'));
    for (const each of publicPackages()) packPackage(each, join(home, 'packages'));
    cpSync(join(repository, 'scripts/first-hour/two-hosts.sh'), join(home, 'two-hosts.sh'));
  } catch (error) {
    close();
    throw error;
  }
  return {
    home,
    shell(folder) {
      const cwd = join(home, folder);
      mkdirSync(cwd);
      // A cgroup of its own: the programs that are loaded see the sockets of this shell only.
      const cgroup = createCgroup('hour');
      cgroups.push(cgroup);
      return driveShell(
        cgroup.spawn('bash', ['--norc', '--noprofile'], {
          cwd,
          env: environment(home),
          stdio: ['pipe', 'pipe', 'pipe'],
        }),
      );
    },
    [Symbol.dispose]: close,
  };
}

/** That of a user who has this Node; npm says only what went wrong. */
function environment(home: string): NodeJS.ProcessEnv {
  const { PATH = '', HOME = '' } = process.env;
  return {
    // What npm and lbx's own tests tell their children is not for a user's commands.
    ...Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(npm_|LBX_|VITEST|NODE_OPTIONS$)/.test(name)),
    ),
    PATH: [dirname(process.execPath), PATH].join(delimiter),
    HOME: home,
    NO_COLOR: '1',
    npm_config_userconfig: join(HOME, '.npmrc'),
    npm_config_cache: execCommand('npm', ['config', 'get', 'cache']).trim(),
    npm_config_prefer_offline: 'true',
    npm_config_loglevel: 'error',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
}

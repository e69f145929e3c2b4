// The image of deploy/Dockerfile: it is built, a command runs in it as nobody, and it is no larger than it was measured.
import { spawnSync } from 'node:child_process';
import type { Step } from './step.ts';

/** docker or podman; where none is named, nothing is built: base images have to be fetched. */
const builder = process.env.LBX_IMAGE_BUILDER;
const tag = 'lbx:check';
/** Beside its base image it has 191 MB. */
const mostMegabytes = 330;

export const image: Step = {
  name: 'image',
  notRun: () =>
    builder ? undefined : 'the image is not built: LBX_IMAGE_BUILDER names neither docker nor podman',
  run() {
    try {
      call('build', '--file', 'deploy/Dockerfile', '--tag', tag, '.');
      // Commands that need no privileges, with no network and nothing to write to.
      const run = (...args: string[]) =>
        call('run', '--rm', '--network=none', '--read-only', '--cap-drop=all', tag, ...args);
      const problems: string[] = [];
      const version = run('--version');
      if (!/^\d+\.\d+\.\d+$/.test(version)) problems.push(`lbx --version in the image says '${version}'`);
      const options = run('agent', '--node', 'node-a', '--manifests', '/tmp', '--check-config');
      if (options !== 'the options are good') problems.push(`lbx agent --check-config says '${options}'`);
      const megabytes = Number(call('image', 'inspect', '--format', '{{.Size}}', tag)) / 1e6;
      if (!(megabytes <= mostMegabytes))
        problems.push(`the image has ${megabytes} MB, which is more than ${mostMegabytes}`);
      return problems;
    } catch (error) {
      return [(error as Error).message];
    }
  },
};

function call(...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(builder as string, args, {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    timeout: 20 * 60_000,
  });
  if (status === 0) return stdout.trim();
  throw new Error(
    `'${builder} ${args.join(' ')}' ended with ${error?.message ?? status}\n${(stderr ?? '').slice(-3000)}`,
  );
}

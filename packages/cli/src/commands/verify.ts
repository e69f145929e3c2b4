import { verifyKubeProxy } from '@lbx/k8s-sync';
import { verifyMaglev } from '@lbx/maglev';
import { verifyMaps, verifyProject } from '@lbx/maps';
import { Argument, Command } from 'commander';
import { exitCode } from '../exit-codes.ts';
import { parseJson, readText } from '../input/lines.ts';
import { json } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';

interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly firstDifferences: readonly unknown[];
}

const verifiers: Readonly<Record<string, (text: string, path: string) => Report>> = {
  maps: (text, path) => verifyMaps(parseJson(text, path) as never),
  maglev: (text, path) => verifyMaglev(parseJson(text, path) as never),
  project: (text) => verifyProject(text.split('\n').filter((line) => line !== '')),
  'kube-proxy': (text) =>
    verifyKubeProxy(text.split('\n').filter((line) => line !== '')) as unknown as Report,
};

/** `lbx verify WHAT FILE`: our code against vectors that the reference implementations made. */
export function verifyCommand(context: CommandContext): Command {
  return new Command('verify')
    .description("compare lbx with vectors made by Cilium's or kube-proxy's own code")
    .addArgument(new Argument('<what>', 'which vectors').choices(Object.keys(verifiers)))
    .argument('<file>', 'file of vectors')
    .option('--json', 'the report as JSON')
    .action((what: string, file: string, options: { json?: boolean }) => {
      const report = verifiers[what]?.(readText(file), file);
      if (report === undefined) return;
      if (options.json) context.out(json(report));
      else {
        for (const difference of report.firstDifferences) {
          context.out(typeof difference === 'string' ? difference : json(difference));
        }
        context.out(`${report.passed} passed, ${report.failed} failed`);
      }
      if (report.failed > 0 || report.passed === 0) context.exit(exitCode.negative);
    });
}

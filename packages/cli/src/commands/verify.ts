import { verifyKubeProxy } from '@lbx/k8s-sync';
import { verifyMaglev } from '@lbx/maglev';
import { type ProjectVerification, verifyMaps, verifyProject } from '@lbx/maps';
import { Argument, Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-codes.ts';
import { parseJson, readText } from '../input/lines.ts';
import { vectorLines } from '../input/vector-lines.ts';
import { json } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';

/** What all verifications have in common. */
interface Report {
  readonly passed: number;
  readonly failed: number;
  /** The first differences, one line each. */
  readonly differences: readonly string[];
  /** What else was found, one line each. */
  readonly notes?: readonly string[];
}

const maxDifferences = 20;

const verifiers: Readonly<Record<string, (text: string, path: string) => Report>> = {
  maps: (text) => {
    const { passed, failed, firstDifferences } = verifyMaps(text, { maxDifferences });
    return {
      passed,
      failed,
      differences: firstDifferences.map(
        ({ index, map, kind, problem }) => `vector ${index}, ${kind} of ${map}: ${problem}`,
      ),
    };
  },
  maglev: (text, path) => {
    const { passed, failed, firstDifferences } = verifyMaglev(parseJson(text, path));
    return { passed, failed, differences: firstDifferences };
  },
  project: (text, path) => {
    // Cases have a result, sequences have steps; verifyProject looks closer.
    const lines = vectorLines(text, path, ['name', ['result', 'steps']]);
    const { firstDifferences: differences, ...counts } = verifyProject(lines, maxDifferences);
    return { ...counts, differences, notes: sequenceNotes(counts) };
  },
  'kube-proxy': (text, path) => {
    const { total, passed, failures, known } = verifyKubeProxy(
      vectorLines(text, path, ['name', 'input', 'expected']),
    );
    return {
      passed,
      failed: total - passed - known.length,
      differences: failures.flatMap(({ name, differences }) => differences.map((one) => `${name}: ${one}`)),
      notes: known.map(
        ({ name, differences }) =>
          `${name} differs and is not counted: kube-proxy's own mistake, which is not copied (${differences[0]})`,
      ),
    };
  },
};

/** What a file with sequences of steps tells about the order of writes. */
function sequenceNotes({
  calls,
  danglingCalls,
  writes,
}: Omit<ProjectVerification, 'firstDifferences'>): string[] {
  if (calls === 0) return [];
  return [
    `${danglingCalls} of ${calls} recorded calls pass through a state with a slot that leads to no backend; looked for after each of our ${writes} writes`,
  ];
}

/** `lbx verify WHAT FILE`: our code against vectors that the reference implementations made. */
export function verifyCommand(context: CommandContext): Command {
  return new Command('verify')
    .description("compare lbx with vectors made by Cilium's or kube-proxy's own code")
    .addArgument(new Argument('<what>', 'which vectors').choices(Object.keys(verifiers)))
    .argument('<file>', 'file of vectors')
    .option('--json', 'the report as one JSON object')
    .addHelpText(
      'after',
      '\nExit codes: 0 everything agrees, 1 something differs, 3 the file is no such file',
    )
    .action((what: string, file: string, options: { json?: boolean }) => {
      const report = verifyFile(verifiers[what]!, file);
      if (options.json) context.out(json(report));
      else {
        for (const line of [...report.differences, ...(report.notes ?? [])]) context.out(line);
        context.out(`${report.passed} passed, ${report.failed} failed`);
      }
      if (report.failed > 0) context.exit(exitCode.negative);
    });
}

/** @throws CliError `LBX_BAD_FILE` for a file that is no such file of vectors, however it is broken. */
function verifyFile(verify: (text: string, path: string) => Report, file: string): Report {
  const text = readText(file);
  try {
    return verify(text, file);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('LBX_BAD_FILE', `${file}: ${(error as Error).message}`, { cause: error });
  }
}

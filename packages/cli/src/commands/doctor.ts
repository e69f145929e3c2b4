import { Command } from 'commander';
import { addAgentFlags, givenFlags } from '../agent/options/agent-flags.ts';
import { configOption, readConfigOption } from '../agent/options/config-option.ts';
import { readSettings, valuesOf } from '../agent/options/settings.ts';
import { CliError } from '../cli-error.ts';
import type { Check } from '../doctor/check.ts';
import { checks } from '../doctor/checks.ts';
import { createContext } from '../doctor/doctor-context.ts';
import { doctorKeys, doctorOptions } from '../doctor/doctor-options.ts';
import { countFindings, reportLines, verdictLine } from '../doctor/report.ts';
import { runChecks } from '../doctor/run-checks.ts';
import { exitCode } from '../exit-codes.ts';
import { json, table } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';

interface OwnFlags {
  readonly config?: string;
  readonly tryXdp?: boolean;
  readonly sandbox?: boolean;
  readonly only?: readonly string[];
  readonly list?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** `lbx doctor`: whether lbx works here, tried and not guessed. */
export function doctorCommand(context: CommandContext): Command {
  const command = new Command('doctor')
    .description('find out whether lbx works on this machine, and what to do if not')
    .addOption(configOption())
    .option('--try-xdp', 'attach an XDP program that passes everything, for a moment, where the hook is free')
    .option('--sandbox', 'this container is all that is meant: its cgroup namespace is no fault')
    .option('--only <id...>', 'only these checks')
    .option('--list', 'the checks, and what they try')
    .option('--strict', 'exit with 1 for warnings too')
    .option('--json', 'findings as JSON');
  return addAgentFlags(command, undefined, (key) => doctorKeys.has(key))
    .addHelpText(
      'after',
      '\nTakes all options of lbx agent, also from its file and its environment; those shown make a difference here.\n' +
        'Without --device: the devices that lbx is attached to, else those with an address for others.\n' +
        'Changes nothing. Some checks attach, pin or make something of their own for a moment.\n' +
        'Exit codes: 0 no problem (with --strict: no warning either), 1 a problem was found',
    )
    .action(async (own: OwnFlags) => {
      const chosen = chooseChecks(own.only);
      if (own.list) return context.out(listOf(chosen, own.json === true));
      const settings = readSettings({
        flags: givenFlags(command),
        environment: process.env,
        ...readConfigOption(own.config),
      });
      const options = doctorOptions(valuesOf(settings), own);
      const findings = await runChecks(chosen, createContext(options));
      const counts = countFindings(findings);
      const verdict = verdictLine(findings);
      context.out(own.json ? json({ verdict, counts, findings }, 2) : reportLines(findings).join('\n'));
      if (counts.fail > 0 || (own.strict && counts.warn > 0)) context.exit(exitCode.negative);
    });
}

function chooseChecks(ids: readonly string[] | undefined): readonly Check[] {
  const unknown = (ids ?? []).filter((id) => !checks.some((check) => check.id === id));
  if (unknown.length > 0) {
    const known = checks.map(({ id }) => id).join(', ');
    throw new CliError(
      'LBX_BAD_FLAG',
      `--only: there is no check ${unknown.join(', ')}; there are: ${known}`,
    );
  }
  return ids === undefined ? checks : checks.filter(({ id }) => ids.includes(id));
}

function listOf(chosen: readonly Check[], asJson: boolean): string {
  if (asJson)
    return json(
      chosen.map(({ id, group, tries, matters, remedy, needsRoot }) => ({
        id,
        group,
        tries,
        matters,
        remedy,
        needsRoot,
      })),
      2,
    );
  return table(
    ['check', 'root', 'tries'],
    chosen.map(({ id, needsRoot, tries }) => [id, needsRoot ? 'yes' : 'no', tries]),
  );
}

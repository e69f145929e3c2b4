import { Command, Option } from 'commander';
import { CliError } from '../cli-error.ts';
import type { Check } from '../doctor/check.ts';
import { checks } from '../doctor/checks.ts';
import { createContext, type DoctorOptions } from '../doctor/doctor-context.ts';
import { countFindings, reportLines } from '../doctor/report.ts';
import { runChecks } from '../doctor/run-checks.ts';
import { exitCode } from '../exit-codes.ts';
import { pinsOption } from '../input/pins-options.ts';
import { parsePortRange } from '../input/shared-options.ts';
import { json, table } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';

interface DoctorFlags extends Omit<DoctorOptions, 'devices' | 'cgroup'> {
  readonly cgroup?: string | boolean;
  readonly device?: readonly string[];
  readonly only?: readonly string[];
  readonly list?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** `lbx doctor`: whether lbx works here, tried and not guessed. */
export function doctorCommand(context: CommandContext): Command {
  return new Command('doctor')
    .description('find out whether lbx works on this machine, and what to do if not')
    .option(
      '--device <if...>',
      'devices to look at (default: those lbx is attached to, else those with an address)',
    )
    .addOption(
      new Option('--xdp <mode>', 'as the agent would be told')
        .choices(['auto', 'native', 'generic', 'off'])
        .default('auto'),
    )
    .option('--cgroup <dir>', 'cgroup v2 folder for socket load balancing (default: its root)')
    .option('--no-cgroup', 'no socket load balancing')
    .addOption(pinsOption())
    .addOption(
      new Option('--forwarding <mode>', 'as the agent would be told')
        .choices(['snat', 'dsr', 'hybrid'])
        .default('snat'),
    )
    .addOption(
      new Option('--dsr-by <means>', 'as the agent would be told')
        .choices(['option', 'ipip'])
        .default('option'),
    )
    .option('--snat-ports <from-to>', 'as the agent would be told', parsePortRange)
    .addOption(
      new Option('--node-port-range <from-to>', 'NodePorts of the cluster')
        .argParser(parsePortRange)
        .default([30000, 32767], '30000-32767'),
    )
    .option('--try-xdp', 'attach an XDP program that passes everything, for a moment, where the hook is free')
    .option('--only <id...>', 'only these checks')
    .option('--list', 'the checks, and what they try')
    .option('--strict', 'exit with 1 for warnings too')
    .option('--json', 'findings as JSON')
    .addHelpText(
      'after',
      '\nChanges nothing. Some checks attach, pin or make something of their own for a moment.\n' +
        'Exit codes: 0 no problem (with --strict: no warning either), 1 a problem was found',
    )
    .action(async (flags: DoctorFlags) => {
      const chosen = chooseChecks(flags.only);
      if (flags.list) return context.out(listOf(chosen, flags.json === true));
      const findings = await runChecks(chosen, createContext(optionsOf(flags)));
      const counts = countFindings(findings);
      context.out(flags.json ? json({ counts, findings }, 2) : reportLines(findings).join('\n'));
      if (counts.fail > 0 || (flags.strict && counts.warn > 0)) context.exit(exitCode.negative);
    });
}

function optionsOf({ device, ...flags }: DoctorFlags): DoctorOptions {
  return {
    xdp: flags.xdp,
    // Commander leaves it out when neither flag is given.
    cgroup: flags.cgroup ?? true,
    pins: flags.pins,
    forwarding: flags.forwarding,
    dsrBy: flags.dsrBy,
    nodePortRange: flags.nodePortRange,
    tryXdp: flags.tryXdp === true,
    ...(device === undefined ? {} : { devices: device }),
    ...(flags.snatPorts === undefined ? {} : { snatPorts: flags.snatPorts }),
  };
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

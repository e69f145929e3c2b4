import { fileURLToPath } from 'node:url';
import { inNetns } from 'libbpf-ts';
import type { Check } from '../../src/doctor/check.ts';
import { checks } from '../../src/doctor/checks.ts';
import { createContext } from '../../src/doctor/doctor-context.ts';
import type { DoctorOptions } from '../../src/doctor/doctor-options.ts';
import type { Verdict } from '../../src/doctor/finding.ts';
import { runChecks } from '../../src/doctor/run-checks.ts';

export const defaults: DoctorOptions = {
  xdp: 'auto',
  cgroup: true,
  pins: '/sys/fs/bpf/lbx-doctor-test',
  forwarding: 'snat',
  dsrBy: 'option',
  nodePortRange: [30000, 32767],
  tryXdp: false,
  sandbox: false,
  inCluster: false,
  hostPorts: false,
  healthz: [],
};

export function checkOf(id: string): Check {
  const check = checks.find((one) => one.id === id);
  if (check === undefined) throw new Error(`no check ${id}`);
  return check;
}

/** Verdicts of a check in this process's own network namespace. */
export const lookHere = (id: string, options: Partial<DoctorOptions> = {}) =>
  runChecks([checkOf(id)], createContext({ ...defaults, ...options }));

/** Verdicts of a check in a network namespace; for checks that do not wait for anything. */
export function lookIn(netns: string, id: string, options: Partial<DoctorOptions> = {}): readonly Verdict[] {
  const check = checkOf(id);
  return inNetns(netns, () => {
    const context = createContext({ ...defaults, devices: ['eth0'], ...options });
    const why = check.skips?.(context);
    return why === undefined
      ? check.judge(check.probe(context), context)
      : [{ status: 'skipped', found: why }];
  });
}

/** An object with programs whose names nobody takes for lbx's: `rich_xdp`, `rich_tc`, `rich_connect4`. */
export const strangers = fileURLToPath(
  new URL('../../../libbpf-ts/test/objects/rich.bpf.o', import.meta.url),
);

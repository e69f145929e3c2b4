import type { DoctorContext } from './doctor-context.ts';
import type { Verdict } from './finding.ts';

/** Headings of the report, in its order. */
export const groups = [
  'kernel',
  'sockets',
  'devices',
  'network settings',
  'what is pinned',
  'others on this node',
  'Kubernetes',
] as const;
type Group = (typeof groups)[number];

/**
 * One question about this machine. What is found out (facts) and what is made of it (verdicts) are apart, so that each verdict
 * can be tested without a machine that deserves it.
 */
export interface Check<Facts = unknown> {
  /** Stable: scripts go by it. */
  readonly id: string;
  readonly group: Group;
  /** What it tries, for --list and docs/doctor.md. */
  readonly tries: string;
  /** What goes wrong where it fails. */
  readonly matters: string;
  /** What to do, in general; findings name the command for the case at hand. */
  readonly remedy: string;
  readonly needsRoot: boolean;
  /** Why it is not for these options; undefined when it is. */
  skips?(context: DoctorContext): string | undefined;
  probe(context: DoctorContext): Facts | Promise<Facts>;
  judge(facts: Facts, context: DoctorContext): readonly Verdict[];
}

/** Makes a check, with its facts' type kept inside. */
export const defineCheck = <Facts>(check: Check<Facts>): Check => check as unknown as Check;

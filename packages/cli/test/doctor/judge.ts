import { checks } from '../../src/doctor/checks.ts';
import type { DoctorContext } from '../../src/doctor/doctor-context.ts';
import type { Verdict } from '../../src/doctor/finding.ts';

/** For tests: what the check of this id makes of facts. */
export function judge(id: string, facts: unknown): readonly Verdict[] {
  const check = checks.find((one) => one.id === id);
  if (check === undefined) throw new Error(`no check ${id}`);
  return check.judge(facts, {} as DoctorContext);
}

import type { Check } from './check.ts';
import type { DoctorContext } from './doctor-context.ts';
import { type Finding, needsRoot, type Verdict } from './finding.ts';

/** Makes all checks, one after the other: some attach something for a moment, and none may see what another does. */
export async function runChecks(checks: readonly Check[], context: DoctorContext): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) {
    const { id, group, tries } = check;
    for (const verdict of await verdictsOf(check, context))
      findings.push({ id, group, tried: tries, ...verdict });
  }
  return findings;
}

/** Refusals that say nothing about the machine but who asks. */
const refused: ReadonlySet<unknown> = new Set(['EPERM', 'EACCES', 'LBX_NOT_ROOT']);

async function verdictsOf(check: Check, context: DoctorContext): Promise<readonly Verdict[]> {
  if (check.needsRoot && !context.isRoot) return [needsRoot];
  try {
    const why = check.skips?.(context);
    if (why !== undefined) return [{ status: 'skipped', found: why }];
    return check.judge(await check.probe(context), context);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: string };
    const found = (message ?? String(error))
      .split('\n')
      .map((line) => line.trim())
      .join('; ');
    if (refused.has(code) && !context.isRoot) return [needsRoot];
    if (refused.has(code))
      return [
        { status: 'skipped', found: `not allowed to look: ${found}`, remedy: 'see the check capabilities' },
      ];
    return [{ status: 'warn', found: `could not be found out: ${found}` }];
  }
}

import { type Check, groups } from './check.ts';

/** docs/doctor.md: what the checks declare of themselves. */
export function describeChecks(checks: readonly Check[]): string {
  const sections = groups.flatMap((group) => {
    const members = checks.filter((check) => check.group === group);
    return members.length === 0 ? [] : [`## ${capital(group)}`, ...members.map(describeCheck)];
  });
  return [intro, ...sections].join('\n\n').concat('\n');
}

const intro = `# lbx doctor

Written from the checks' own declarations (\`packages/cli/src/doctor\`); a test holds it to them.

\`lbx doctor\` finds out whether lbx works on a machine, and what to do if not. It tries things instead of believing version numbers
and return codes, and leaves everything as it was: what some checks attach, pin or make is theirs alone and gone a moment later. Give it the options that the
agent has, by flags, \`--config FILE\` and environment: all are taken (\`lbx doctor --help\` shows those that make a difference). In the agent's pod:
\`kubectl -n kube-system exec ds/lbx-agent -- lbx doctor --config /etc/lbx/agent.yaml\`.

- Status: \`ok\`; \`note\`, nothing to do; \`warn\`, lbx works and something will hurt; \`fail\`, lbx does not do what it was asked for;
  \`skipped\`, not tried, and why.
- Exit code: 0 without a \`fail\` (\`--strict\`: and without a \`warn\`), else 1. What was skipped does not count: as another user than root most is.
- \`--only ID…\` makes single checks, \`--list\` names them, \`--json\` gives \`{"verdict", "counts", "findings": [{"id", "group", "about"?, "status", "tried", "found", "remedy"?}]}\`
  ([schema](../packages/cli/schema/doctor.schema.json)). Ids stay; new versions may have more.
- Not looked at, because the datapath does not depend on it: \`route_localnet\` (NodePorts on loopback are served at sockets), \`ip_early_demux\`.`;

function describeCheck({ id, tries, matters, remedy, needsRoot }: Check): string {
  return [
    `### ${id}`,
    `- Tries: ${tries}.${needsRoot ? ' Needs root.' : ''}\n- If not: ${matters}.\n- Remedy: ${remedy}.`,
  ].join('\n\n');
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

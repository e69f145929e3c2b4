import { createHistogram } from '@lbx/core';
import { metricGroups } from './all-metrics.ts';

const code = (text: string) => `\`${text}\``;

/** The whole of docs/metrics.md, made from the declarations. */
export function metricsDocument(): string {
  const groups = Object.entries(metricGroups(1, createHistogram())).map(([group, metrics]) => {
    const rows = metrics.map(
      ({ name, type, labels = [], help }) =>
        `| ${code(name)} | ${type} | ${labels.map(code).join(', ')} | ${help} |`,
    );
    return `## ${group}\n\n| metric | type | labels | |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Metrics of lbx agent

Made from the declarations in packages/cli/src/agent/metrics; a test fails when this file is behind (\`vitest run
packages/cli/src/agent/metrics -u\` writes it anew).

- In the text format of Prometheus at \`http://127.0.0.1:10249/metrics\`; \`--metrics-bind-address\` chooses another place, or \`none\`. There is
  neither TLS nor a password: whoever reaches the port reads names of Services and counts.
- Beside it, for this machine only (asked from a loopback address): \`/state\`, how the agent is, and \`/services\`, the service of each frontend,
  as JSON. \`lbx status\`, \`lbx monitor\` and \`lbx top\` read them.
- Everything is read when it is asked for, without reading maps of services; between scrapes nothing runs but a timer twice a second.
- Counters of packets are in pinned maps and outlive the agent. All others begin with the process.
- \`serviceMetrics: N\` adds the traffic of N Services by name: the first ones that have any. It switches \`traffic\` on.

${groups.join('\n')}`;
}

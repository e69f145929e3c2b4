import type { AgentEvent } from '../agent/agent-event.ts';
import { colors } from '../output/colors.ts';
import { table } from '../output/output.ts';
import type { ExplainResult, RemovalResult, SpreadResult } from './acts.ts';
import { addresses, hosts } from './lab.ts';
import type { Stage } from './stage.ts';

// What the demo says, act by act.

const heading = (text: string) => `\n${colors.bold(text)}`;
const mark = (passed: boolean) => (passed ? colors.green('ok') : colors.red('FAILED'));
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

export const introText = `${colors.bold('lbx demo')}: Kubernetes manifests to load-balanced packets, on this machine

  client ${addresses.client}          node ${addresses.node} (lbx: XDP, tc, sockets)
        │                             │
        └──────────── switch ─────────┤
                                      │
     ${hosts.map((host) => `${host} ${addresses.hosts[host]}: pods ${addresses.pods[host].join(', ')}`).join('\n     ')}

Four network namespaces on one switch; HTTP servers in the hosts; lbx agent in the node.`;

export function loadedText(stage: Stage, applied: Extract<AgentEvent, { event: 'applied' }>): string {
  const { programs, maps, ms: loadMs, attachments } = stage.loaded;
  return [
    heading('1. Loaded'),
    `  ${programs} programs and ${maps} maps in ${ms(loadMs)}, without a compiler`,
    `  attached: ${attachments.join(', ')}`,
    `  ${applied.frontends} frontends programmed from 3 Services: ${applied.writes} entries in ${ms(applied.applyMs)}`,
    heading('2. Real requests, each on a new connection'),
  ].join('\n');
}

export function spreadText({
  title,
  target,
  requests,
  errors,
  firstError,
  rows,
  passed,
}: SpreadResult): string {
  const lines = table(
    ['backend', 'requests', 'share', 'source address seen'],
    rows.map(({ pod, requests: count, share, sources }) => [pod, count, percent(share), sources.join(', ')]),
  );
  const failed = errors > 0 ? `, ${errors} failed (${firstError})` : '';
  return `\n  ${title} ${target}: ${requests} requests${failed}  ${mark(passed)}\n${indent(lines)}`;
}

export function explainText({ flow, explanation, went, passed }: ExplainResult): string {
  return [
    heading('3. Explain, and see'),
    `  flow ${flow}`,
    ...explanation.steps.map(({ text }) => `    ${text}`),
    `  explained (from the manifests, no kernel asked): ${explanation.backend?.address ?? explanation.verdict}`,
    `  really went to:                                  ${went ?? 'nowhere'}  ${mark(passed)}`,
  ].join('\n');
}

export function removalText(result: RemovalResult): string {
  return [
    heading('4. An endpoint is removed while requests run'),
    `  ${result.pod} taken out of the manifests after ${result.before} requests to it`,
    `  maps programmed ${ms(result.programmedMs)} after the file changed; its last request began after ${ms(result.lastRequestMs)}`,
    `  requests that began after that and still went to it: ${result.after} of ${result.requests} in all; failed: ${result.errors}, cut off with it: ${result.cut}  ${mark(result.passed)}`,
  ].join('\n');
}

export function keepText({ manifests, pins, cgroup, lab }: Stage): string {
  const client = `nsenter --net=${lab.netnsPath('client')}`;
  return `${heading('Left standing (--keep)')}. Try:
  ${client} curl http://198.51.100.80/
  npx lbx dump --pins ${pins}
  edit ${manifests}/endpoints.yaml and ask again
  npx lbx explain ${manifests} --node node --algorithm maglev --from ${addresses.client}:45678 --to 198.51.100.80:80
  (sockets are balanced in the cgroup ${cgroup})
The next \`npm run demo\` removes all of it first.`;
}

export function footerText(passed: boolean, kept: boolean): string {
  const removed = kept ? '' : ' Everything it made is removed again.';
  return passed
    ? `\n${colors.green(colors.bold('The demo passed.'))}${removed}`
    : `\n${colors.red(colors.bold('The demo FAILED'))}: see the lines marked FAILED.${removed}`;
}

const indent = (text: string) => text.replace(/^/gm, '    ');

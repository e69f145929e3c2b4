// npm run examples [-- NAME…]: runs each example as a user would (built packages, no special flags) and compares what it
// prints; holds the README's first code block to examples/standalone.ts. What an example needs around it (servers, a network) is
// in scripts/examples/NAME.ts, which starts it. Last line: how many passed and failed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Example {
  readonly needsRoot?: boolean;
  /** What its output must contain. */
  readonly prints: readonly RegExp[];
}

const root = fileURLToPath(new URL('..', import.meta.url));

const examples: Readonly<Record<string, Example>> = {
  'encode-service': {
    prints: [/^key {3}c63364010050000006000000$/m, /^key decoded \{"address":"198\.51\.100\.1"/m],
  },
  'maglev-disruption': { prints: [/^slots that change: +\d+\.\d+ %$/m] },
  'script-map-state': {
    prints: [/^5 writes$/m, /^reject: the service has no backend that takes new flows$/m],
  },
  standalone: {
    needsRoot: true,
    prints: [/^(http:\/\/198\.51\.100\.1\/ was answered by port 1808[12]\n){6}$/],
  },
  agent: {
    needsRoot: true,
    prints: [
      /^synced: 1 frontends\n198\.51\.100\.10 was answered by one$/m,
      /^changed: default\/web, \d+ writes\n198\.51\.100\.10 was answered by two$/m,
      /^198\.51\.100\.10 was answered by two, without the agent$/m,
    ],
  },
  'custom-source': {
    needsRoot: true,
    prints: [
      /^index 1: 1 frontends, 5 writes\n198\.51\.100\.1 was answered by one$/m,
      /^index 2: 1 frontends, \d+ writes\n198\.51\.100\.1 was answered by two$/m,
    ],
  },
  embed: {
    needsRoot: true,
    prints: [
      /^at eth0: the own program, then lbx_tc_ingress\n {2}tc egress eth0 /m,
      /^ {2}tc ingress pod1 .*\n198\.51\.100\.1 was answered by 192\.0\.2\.2[01]$/m,
      /^without the load balancer: the own program$/m,
    ],
  },
  'l4-balancer': {
    needsRoot: true,
    prints: [
      /^serving 1 frontends on eth0\n(198\.51\.100\.1 was answered by 192\.0\.2\.2[01]\n){6}/m,
      /^198\.51\.100\.1:80\/TCP: [1-9]\d* packets came$/m,
    ],
  },
  'read-cilium': {
    needsRoot: true,
    prints: [
      /^lb4_backends_v3 id=1 => 192\.0\.2\.10:8080\/TCP active$/m,
      /^198\.51\.100\.1:80: forward, one of 2 backends, each as likely\n {2}192\.0\.2\.10:8080\n {2}192\.0\.2\.11:8080$/m,
    ],
  },
};

const checks: Readonly<Record<string, () => string | undefined>> = {
  ...Object.fromEntries(
    Object.entries(examples).map(([name, example]) => [name, () => runExample(name, example)]),
  ),
  'all examples are run': () => {
    // Tests are run by vitest, with all others.
    const files = readdirSync(join(root, 'examples')).filter((file) => /(?<!\.test)\.ts$/.test(file));
    const forgotten = files.filter((file) => !Object.hasOwn(examples, file.slice(0, -'.ts'.length)));
    return forgotten.length === 0 ? undefined : `scripts/examples.ts does not know ${forgotten.join(', ')}`;
  },
  ...Object.fromEntries(
    ['agent.test.ts', 'packets.kernel.test.ts'].map((name) => [
      `the guide shows ${name}`,
      () => {
        const guide = readFileSync(join(root, 'docs/testing-your-agent.md'), 'utf8');
        const file = readFileSync(join(root, 'examples', name), 'utf8');
        return guide.includes(`\`\`\`ts\n${file}\`\`\``)
          ? undefined
          : 'docs/testing-your-agent.md shows another one';
      },
    ]),
  ),
  'README shows standalone.ts': () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const [, block] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? [];
    const file = readFileSync(join(root, 'examples/standalone.ts'), 'utf8');
    return block === file ? undefined : "README.md's first block of TypeScript is not examples/standalone.ts";
  },
};

const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (Object.hasOwn(checks, name)) continue;
  console.error(`examples: there is no '${name}'; there are: ${Object.keys(checks).join(', ')}`);
  process.exit(2);
}
let passed = 0;
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const reason = examples[name]?.needsRoot === true ? whyNotRoot() : undefined;
  if (reason !== undefined) {
    const required = (process.env.LBX_REQUIRE ?? '').split(',').includes('kernel');
    console.log(
      `${required ? 'FAIL' : 'skip'}  ${name}  (${reason}${required ? '; LBX_REQUIRE=kernel' : ''})`,
    );
    if (required) failed++;
    continue;
  }
  const problem = check();
  console.log(`${problem === undefined ? 'pass' : 'FAIL'}  ${name}`);
  if (problem !== undefined) console.log(problem.replace(/^/gm, '      '));
  if (problem === undefined) passed++;
  else failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function whyNotRoot(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'loads BPF programs, and this is not root';
}

/** Runs an example with this Node. Returns what is wrong, with its output. */
function runExample(name: string, { prints }: Example): string | undefined {
  const world = join('scripts/examples', `${name}.ts`);
  const command = existsSync(join(root, world))
    ? ['--conditions=@lbx/source', world]
    : [join('examples', `${name}.ts`)];
  const result = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  });
  const output = `${result.stdout}${result.stderr}`;
  if (result.status !== 0) {
    const end = result.error?.message ?? `exit code ${result.status ?? result.signal}`;
    return `examples/${name}.ts: ${end}\n${output}`;
  }
  const missing = [...prints.filter((line) => !line.test(result.stdout)), ...toldAndNotPrinted(name, output)];
  if (missing.length === 0) return undefined;
  return `examples/${name}.ts did not print ${missing.join(' and ')}\n${output}`;
}

/** Lines that examples/README.md shows of it, and that are not there; numbers and who answered may be others. */
function toldAndNotPrinted(name: string, output: string): string[] {
  const readme = readFileSync(join(root, 'examples/README.md'), 'utf8');
  const [, shown] = new RegExp(`^## ${name}$.*?^\`\`\`text\n(.*?)^\`\`\`$`, 'ms').exec(readme) ?? [];
  if (shown === undefined) return [`anything: examples/README.md shows no output of ${name}`];
  const plain = (line: string) => line.replace(/\d+/g, 'N').replace(/by (one|two)/, 'by …');
  const printed = new Set(output.split('\n').map(plain));
  return shown.split('\n').filter((line) => !printed.has(plain(line)));
}

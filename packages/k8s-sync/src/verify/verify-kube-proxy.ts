import { createTranslator, type Translator } from '../translate/translator.ts';
import type { KubeProxyCase } from './kube-proxy-case.ts';
import { kubeProxyResult } from './kube-proxy-result.ts';

/** What came of comparing a file of kube-proxy vectors with this package. */
export interface KubeProxyReport {
  readonly total: number;
  readonly passed: number;
  /** Cases in which a part differs, by part ("endpoints", "frontends", "ignored", …). */
  readonly differing: Readonly<Record<string, number>>;
  /** The first failed cases with their first differences. */
  readonly failures: readonly DifferingCase[];
  /**
   * Cases whose last name begins with "quirk-" and that differ: they record what kube-proxy does by mistake, which is not
   * copied. Neither passed nor failed.
   */
  readonly known: readonly DifferingCase[];
}

interface DifferingCase {
  readonly name: string;
  readonly differences: readonly string[];
}

/** At most as many failed cases are described. */
const maxFailures = 20;

/**
 * Holds the translator to vectors made by kube-proxy's own code: one JSON object a line, `{name, input, expected}`, a
 * static case or a history (`input.steps`; after each step the whole state must be equal). Not compared:
 * `conntrackCleanup`, which is about flows and not about services. Cases named "…/quirk-…" may differ, see `known`.
 *
 * @throws SyntaxError if a line is no JSON.
 */
export function verifyKubeProxy(lines: Iterable<string>): KubeProxyReport {
  let total = 0;
  let passed = 0;
  const differing = new Map<string, number>();
  const failures: DifferingCase[] = [];
  const known: DifferingCase[] = [];
  for (const line of lines) {
    if (line.trim() === '') continue;
    total += 1;
    const vector = JSON.parse(line) as KubeProxyCase;
    const found = verifyCase(vector);
    if (found.length === 0) {
      passed += 1;
      continue;
    }
    const different = { name: vector.name, differences: found.slice(0, 5).map((d) => d.text) };
    if (isQuirk(vector.name)) {
      known.push(different);
      continue;
    }
    for (const part of new Set(found.map((d) => d.part))) differing.set(part, (differing.get(part) ?? 0) + 1);
    if (failures.length < maxFailures) failures.push(different);
  }
  return { total, passed, differing: Object.fromEntries(differing), failures, known };
}

/** "edge/quirk-slice-that-loses-its-label-stays" */
function isQuirk(name: unknown): boolean {
  return typeof name === 'string' && name.slice(name.lastIndexOf('/') + 1).startsWith('quirk-');
}

interface Difference {
  readonly part: string;
  readonly text: string;
}

function verifyCase({ input, expected }: KubeProxyCase): Difference[] {
  const { config } = input;
  const translator = createTranslator({
    nodeName: config.nodeName,
    nodeIPs: config.nodeIPs ?? [],
    ...(config.nodeLabels === undefined ? {} : { nodeLabels: config.nodeLabels }),
    ...(config.nodePortAddresses === undefined ? {} : { nodePortAddresses: config.nodePortAddresses }),
  });
  const differences: Difference[] = [];
  if (input.steps === undefined) {
    for (const object of input.services ?? []) translator.apply({ type: 'upsert', kind: 'Service', object });
    for (const object of input.endpointSlices ?? [])
      translator.apply({ type: 'upsert', kind: 'EndpointSlice', object });
    compareState(translator, config, expected, '', differences);
    return differences;
  }
  input.steps.forEach((step, i) => {
    for (const event of step.events) {
      const { kind } = event;
      if (event.op === 'delete') {
        translator.apply({ type: 'delete', kind, namespace: event.namespace ?? '', name: event.name ?? '' });
      } else {
        translator.apply({ type: 'upsert', kind, object: event.object ?? {} });
      }
    }
    compareState(translator, config, (expected as unknown[])[i], `step ${i}: `, differences);
  });
  return differences;
}

function compareState(
  translator: Translator,
  config: KubeProxyCase['input']['config'],
  expected: unknown,
  prefix: string,
  into: Difference[],
): void {
  const actual = kubeProxyResult(translator, config);
  compare(normal(actual), normal(expected), prefix, '', into);
}

/** Order-free where the vectors do not define an order; keys sorted, conntrackCleanup left out. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    // A family in which there is nothing but conntrack to clean.
    ([key, inner]) => !isConntrack(key) && !(isFamily(key) && Object.keys(inner ?? {}).every(isConntrack)),
  );
  return Object.fromEntries(
    entries.map(([key, inner]) => {
      if (key !== 'ignored') return [key, normal(inner)];
      return [key, (inner as unknown[]).map((item) => JSON.stringify(normal(sortedKeys(item)))).sort()];
    }),
  );
}

function isFamily(key: string): boolean {
  return key === 'IPv4' || key === 'IPv6';
}

function isConntrack(key: string): boolean {
  return key === 'conntrackCleanup';
}

function sortedKeys(value: unknown): unknown {
  return Object.fromEntries(Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Walks both values; a difference belongs to the innermost named part, indices and map keys aside. */
function compare(actual: unknown, expected: unknown, path: string, part: string, into: Difference[]): void {
  if (Object.is(actual, expected)) return;
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null;
  if (!isObject(actual) || !isObject(expected) || Array.isArray(actual) !== Array.isArray(expected)) {
    into.push({ part, text: `${path}: expected ${JSON.stringify(expected)}, is ${JSON.stringify(actual)}` });
    return;
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const named = parts.has(key) ? key : part;
    compare(
      actual[key],
      expected[key],
      path === '' || path.endsWith(': ') ? `${path}${key}` : `${path}.${key}`,
      named,
      into,
    );
  }
}

const parts = new Set([
  'servicePorts',
  'clusterIP',
  'nodePort',
  'externalIPs',
  'loadBalancerVIPs',
  'loadBalancerSourceRanges',
  'sessionAffinity',
  'stickyMaxAgeSeconds',
  'healthCheckNodePort',
  'externalPolicyLocal',
  'internalPolicyLocal',
  'externallyAccessible',
  'usesClusterEndpoints',
  'usesLocalEndpoints',
  'endpoints',
  'cluster',
  'local',
  'allReachable',
  'hasAnyEndpoints',
  'frontends',
  'nodePortAddresses',
  'healthChecks',
  'ignored',
]);

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Explanation, explain } from '@lbx/maps';
import { isSeq, parseAllDocuments } from 'yaml';
import { readDesired } from '../input/desired.ts';
import { addresses, type Member } from './lab.ts';
import { now, type Request } from './messages.ts';
import type { Stage } from './stage.ts';
import { type Tally, tallyOf } from './tally.ts';

/** One way in: who asks whom, and which program balances it. */
export interface Way {
  readonly title: string;
  readonly from: Member;
  readonly target: string;
  /** Source address that the pods must see. */
  readonly source: string;
}

export const ways: readonly Way[] = [
  {
    title: 'client → NodePort (XDP)',
    from: 'client',
    target: `${addresses.node}:30080`,
    source: addresses.node,
  },
  {
    title: 'client → LoadBalancer IP (XDP)',
    from: 'client',
    target: '198.51.100.80:80',
    source: addresses.node,
  },
  { title: 'node → ClusterIP (socket LB)', from: 'node', target: '198.51.100.10:80', source: addresses.node },
];

export interface SpreadResult extends Way, Tally {
  readonly passed: boolean;
}

/** Sends requests one way; passes when all are answered, by every pod, from the source that must be seen. */
export async function spread(stage: Stage, way: Way, count: number): Promise<SpreadResult> {
  const client = stage.client(way.from, [way.target, '--count', String(count), '--concurrency', '8']);
  const tally = tallyOf(await client.all());
  const pods = Object.values(addresses.pods).flat();
  const passed =
    tally.requests === count &&
    tally.errors === 0 &&
    tally.rows.length === pods.length &&
    tally.rows.every(({ sources }) => sources.length === 1 && sources[0] === way.source);
  return { ...way, ...tally, passed };
}

export interface ExplainResult {
  readonly flow: string;
  readonly explanation: Explanation;
  /** Pod that answered the real request of this flow. */
  readonly went?: string;
  readonly passed: boolean;
}

/** Explains one flow from the manifests alone, then sends it for real. */
export async function explainOne(stage: Stage, localPort = 45_678): Promise<ExplainResult> {
  const target = '198.51.100.80:80';
  const { projection } = await readDesired(stage.manifests, {
    node: 'node',
    algorithm: 'maglev',
    maglevSize: 16381,
  });
  const explanation = explain(
    projection,
    {
      from: { address: addresses.client, port: localPort },
      to: { address: '198.51.100.80', port: 80 },
      protocol: 'TCP',
      hook: 'xdp',
    },
    { algorithm: 'maglev', maglevSize: 16381 },
  );
  const client = stage.client('client', [target, '--count', '1', '--local-port', String(localPort)]);
  const [request] = await client.all();
  const went = request?.answer?.pod;
  return {
    flow: `${addresses.client}:${localPort} → ${target}/TCP`,
    explanation,
    ...(went === undefined ? {} : { went }),
    passed: went !== undefined && explanation.backend?.address === went,
  };
}

export interface RemovalResult {
  readonly pod: string;
  readonly requests: number;
  /** Requests that failed and began after the agent had written the maps. */
  readonly errors: number;
  /** Requests that were under way then, and were cut off with the pod: at most as many as run at once. */
  readonly cut: number;
  /** Requests to the pod that began before it was removed. */
  readonly before: number;
  /** Requests to the pod that began after the agent had written the maps. */
  readonly after: number;
  /** From the change of the file until the maps were written. */
  readonly programmedMs: number;
  /** From the change of the file until the last request that the pod still got began. */
  readonly lastRequestMs: number;
  readonly passed: boolean;
}

/** Requests that run at once while an endpoint is removed. */
const CONCURRENCY = 4;

/** Removes an endpoint from the manifests while requests run, and looks who still got some. */
export async function removeEndpoint(stage: Stage, pod: string): Promise<RemovalResult> {
  const client = stage.client('client', [
    '198.51.100.80:80',
    '--count',
    '20000',
    '--concurrency',
    String(CONCURRENCY),
    '--until-input-ends',
  ]);
  const seen: Request[] = [];
  const collecting = (async () => {
    for await (const request of client.lines) seen.push(request);
  })();
  await until(() => seen.filter(({ answer }) => answer?.pod === pod).length >= 20);
  const changedAt = now();
  dropEndpoint(join(stage.manifests, 'endpoints.yaml'), pod);
  await stage.nextEvent('applied');
  const programmedAt = now();
  const enough = seen.length + 300;
  await until(() => seen.length >= enough);
  client.finish();
  await collecting;

  const toPod = seen.filter(({ answer }) => answer?.pod === pod);
  const after = toPod.filter(({ startedAt }) => startedAt > programmedAt).length;
  const failed = seen.filter(({ error }) => error !== undefined);
  const errors = failed.filter(({ startedAt }) => startedAt > programmedAt).length;
  const last = Math.max(changedAt, ...toPod.map(({ startedAt }) => startedAt));
  return {
    pod,
    requests: seen.length,
    errors,
    cut: failed.length - errors,
    before: toPod.filter(({ startedAt }) => startedAt <= changedAt).length,
    after,
    programmedMs: programmedAt - changedAt,
    lastRequestMs: last - changedAt,
    passed: after === 0 && errors === 0 && failed.length <= CONCURRENCY,
  };
}

/** As an editor or a controller would: a new file takes the old one's place in one step. */
function dropEndpoint(file: string, pod: string): void {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'));
  for (const document of documents) {
    const endpoints = document.get('endpoints');
    if (isSeq(endpoints))
      endpoints.items = endpoints.items.filter((item) => !String(item).includes(`"${pod}"`));
  }
  writeFileSync(`${file}.new`, documents.map(String).join(''));
  renameSync(`${file}.new`, file);
}

/** Waits for requests to come in, for at most 20 s. */
async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 1));
}

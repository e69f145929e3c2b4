import { catalog, type MapKey, type MapValue, type ServiceMapName } from '../../src/catalog.ts';
import { explain } from '../../src/explain/explain.ts';
import type { ExplainOptions, Explanation } from '../../src/explain/explanation.ts';
import type { ExplainSource } from '../../src/explain/trace.ts';
import { ServiceFlag, ServiceFlag2 } from '../../src/layouts/names.ts';
import { hostPort } from '../../src/model/endpoint-name.ts';
import { type Entry, entryId, mapsOf } from '../../src/project/entry.ts';
import type { MasterValue } from '../../src/project/service-entry.ts';
import { createMemoryTable } from '../../src/tables/memory-table.ts';
import type { Tables } from '../../src/tables/memory-tables.ts';
import { nodeAddresses } from './event.ts';
import { knownClients, type Question } from './questions.ts';

/** What a question may be answered at a moment when nothing is being written. */
interface Answer {
  /** What becomes of the flow where it is not forwarded: "drop source-range". */
  readonly ending: string | undefined;
  /** Every backend of the service that takes new flows, of one that this client may not use too: rules and backends
   * change by different writes. */
  readonly backends: ReadonlySet<string>;
  /** There is a frontend, and it has no backends: whom an old or new rule lets in may be told so. */
  readonly isEmpty: boolean;
  /** Does the frontend let only some clients in, and is that by a list of those that it keeps out? */
  readonly ranges: 'none' | 'allow' | 'deny';
}

interface Live {
  readonly question: Question;
  /** Entries that the last answer was read from. */
  deps: ReadonlySet<string>;
  /** The answer before the writes that are under way. */
  before: Answer;
  /** The answer when they will be done; worked out when first needed. */
  after: Answer | undefined;
  /** Asked again since `before` was taken. */
  dirty: boolean;
}

/** Asks the oracle (`explain`) about flows while maps are written: only what a write can have changed is asked again. */
export interface Lookups {
  /** Writes are about to begin that end in what `goal` gives. */
  begin(questions: readonly Question[], goal: () => Tables, algorithm: 'random' | 'maglev'): void;
  /** An entry was written or deleted: what is wrong now, one line each. */
  wrote(map: ServiceMapName, key: unknown): readonly string[];
  /** How many times the oracle was asked. */
  readonly asked: number;
}

export interface LookupOptions {
  /** A wildcard may be missing while a frontend of its address could not be written: what it would drop is passed. */
  readonly lateWildcards?: boolean;
}

const NONE: Answer = { ending: undefined, backends: new Set(), isEmpty: false, ranges: 'none' };

const node: ExplainOptions = {
  localAddresses: nodeAddresses,
  externalIpsAnywhere: true,
};

/** Lookups in `tables`. Some clients have session affinity entries, for the first or last backend of each frontend. */
export function createLookups(tables: Tables, { lateWildcards = false }: LookupOptions = {}): Lookups {
  const affinity = createMemoryTable(catalog.lb4_affinity);
  const source = { ...tables, lb4_affinity: affinity };
  const lives = new Map<string, Live>();
  const index = new Map<string, Set<Live>>();
  let goal: () => ExplainSource = () => source;
  let options = node;
  let asked = 0;

  const ask = (question: Question): { result: Explanation; deps: Set<string> } => {
    asked++;
    const result = explain(source, question.flow, options);
    const deps = new Set<string>();
    for (const { map, key } of result.steps)
      if (map !== undefined) deps.add(depOf(map as ServiceMapName, key));
    return { result, deps };
  };
  const watch = (live: Live, deps: ReadonlySet<string>) => {
    for (const dep of live.deps) if (!deps.has(dep)) index.get(dep)?.delete(live);
    for (const dep of deps) {
      const set = index.get(dep);
      if (set === undefined) index.set(dep, new Set([live]));
      else set.add(live);
    }
    live.deps = deps;
  };
  const settle = (live: Live) => {
    const { result, deps } = ask(live.question);
    // Of a flow that is not let in, the backends are no part of its own lookups.
    live.before = answerOf(source, result, (map, key) => deps.add(depOf(map, key)));
    live.dirty = false;
    watch(live, deps);
  };
  const afterOf = (live: Live): Answer => {
    live.after ??= answerOf(goal(), explain(goal(), live.question.flow, options));
    return live.after;
  };
  const problemOf = (live: Live, result: Explanation): string | undefined => {
    if (allows(result, live.before)) return undefined;
    const after = afterOf(live);
    const { before, question } = live;
    if (allows(result, before, after)) return undefined;
    const fallback = question.fallback === undefined ? undefined : lives.get(question.fallback);
    if (fallback !== undefined && allows(result, before, after, fallback.before, afterOf(fallback)))
      return undefined;
    if (result.code === 'not-routable' && isBetweenRules(live)) return undefined;
    const dropped = [before.ending, after.ending].includes('drop wildcard');
    if (lateWildcards && dropped && result.code === 'no-service') return undefined;
    return `${live.question.text}: ${result.verdict} ${result.code} (${result.reason}); before ${shown(before)}, afterwards ${shown(after)}`;
  };

  /**
   * From clients let in to clients kept out (or back) a frontend may let nobody in for a moment: those who are refused by
   * one of the rules anyway, and all where no order of writes is right for everybody, which takes somebody whom both refuse.
   */
  const isBetweenRules = (live: Live): boolean => {
    const after = afterOf(live);
    const modes = [live.before.ranges, after.ranges];
    if (modes.includes('none') || modes[0] === modes[1]) return false;
    const isRefused = ({ ending }: Answer) => ending === 'drop source-range';
    if (isRefused(live.before) || isRefused(after)) return true;
    const { to, protocol, hook } = live.question.flow;
    return [...lives.values()].some(
      (other) =>
        other.question.flow.to === to &&
        other.question.flow.protocol === protocol &&
        other.question.flow.hook === hook &&
        isRefused(other.before) &&
        isRefused(afterOf(other)),
    );
  };

  return {
    get asked() {
      return asked;
    },
    begin(questions, next, algorithm) {
      options = { ...node, algorithm };
      let tables: ExplainSource | undefined;
      goal = () => (tables ??= { ...next(), lb4_affinity: affinity });
      rememberClients(source, affinity);
      for (const live of lives.values()) {
        live.after = undefined;
        if (live.dirty) settle(live);
      }
      for (const question of questions) {
        if (lives.has(question.text)) continue;
        const live = { question, deps: new Set<string>(), before: NONE, after: undefined, dirty: true };
        lives.set(question.text, live);
        settle(live);
      }
    },
    wrote(map, key) {
      const problems: string[] = [];
      for (const live of [...(index.get(depOf(map, key)) ?? [])]) {
        const { result, deps } = ask(live.question);
        watch(live, deps);
        live.dirty = true;
        const problem = problemOf(live, result);
        if (problem !== undefined) problems.push(problem);
      }
      return problems;
    },
  };
}

/** Any range of a frontend may be the longest that holds a client, so all of them are one. */
function depOf(map: ServiceMapName, key: unknown): string {
  if (map === 'lb4_source_range' || map === 'lb6_source_range')
    return `${map} ${(key as MapKey<'lb4_source_range'>).revNatId}`;
  return entryId(map, key as Entry['key']);
}

/** By the rule about clients; that there is no backend, or that a proxy has the flow, is another matter. */
const isLetIn = ({ ending, isEmpty }: Answer) =>
  ending === undefined || ending === 'pass l7-proxy' || (isEmpty && ending.endsWith(' no-backend'));

/** May a flow end so, when it could end in any of these ways? Each backend that it may get must be in one of them. */
function allows({ verdict, code, backend, candidates }: Explanation, ...answers: readonly Answer[]): boolean {
  const mayComeIn = answers.some(isLetIn);
  if (verdict !== 'forward') {
    const isGone = code === 'no-backend' && mayComeIn && answers.some(({ isEmpty }) => isEmpty);
    return isGone || answers.some(({ ending }) => ending === `${verdict} ${code}`);
  }
  if (!mayComeIn) return false;
  const given = backend === undefined ? (candidates ?? []) : [backend];
  return given.every(({ address, port }) =>
    answers.some(({ backends }) => backends.has(hostPort(address, port))),
  );
}

const shown = ({ ending, backends }: Answer) =>
  ending ?? (backends.size === 0 ? 'nothing' : [...backends].join(' or '));

/** What else would have been as right as `result`: every backend of the service that it found. */
function answerOf(
  source: ExplainSource,
  result: Explanation,
  read: (map: ServiceMapName, key: unknown) => void = () => {},
): Answer {
  const found = result.steps.findLast(({ map, key, value }) => isMasterKey(map, key) && value !== undefined);
  const value = found?.value as MasterValue | undefined;
  const ranges = rangesOf(value);
  const ending = result.verdict === 'forward' ? undefined : `${result.verdict} ${result.code}`;
  const backends = new Set<string>();
  if (value === undefined) return { ending, backends, isEmpty: false, ranges };
  const key = found!.key as MapKey<'lb4_services_v2'>;
  const family = found!.map === 'lb6_services_v2' ? 6 : 4;
  const tables = source as Tables;
  const ids = new Set<number>();
  for (let backendSlot = 1; backendSlot <= value.count; backendSlot++) {
    read(mapsOf[family].services, { ...key, backendSlot });
    const slot = tables[mapsOf[family].services].get({ ...key, backendSlot }) as { backendId: number };
    ids.add(slot.backendId);
  }
  // Of an update that failed half way, the table may be there and the slots not.
  const tableKey = { revNatId: value.revNatIndex };
  read(mapsOf[family].maglev, tableKey);
  for (const id of tables[mapsOf[family].maglev].get(tableKey) ?? []) ids.add(id);
  for (const backendId of ids) {
    const backend = tables[mapsOf[family].backends].get({ backendId }) as
      | MapValue<'lb4_backends_v3'>
      | undefined;
    if (backend !== undefined) backends.add(hostPort(backend.address, backend.port));
  }
  return { ending, backends, isEmpty: backends.size === 0, ranges };
}

function rangesOf(value: MasterValue | undefined): Answer['ranges'] {
  if (value === undefined || !(value.flags & ServiceFlag.sourceRange)) return 'none';
  return value.flags2 & ServiceFlag2.deny ? 'deny' : 'allow';
}

function isMasterKey(map: string | undefined, key: unknown): boolean {
  return map?.endsWith('services_v2') === true && (key as MapKey<'lb4_services_v2'>).backendSlot === 0;
}

/** Each frontend with session affinity has had one client at its first backend, and one at its last. */
function rememberClients(tables: Tables, affinity: { set(key: unknown, value: unknown): void }): void {
  for (const [key, value] of tables.lb4_services_v2.entries()) {
    const { flags, revNatIndex: revNatId, count } = value as MasterValue;
    if (key.backendSlot !== 0 || !(flags & ServiceFlag.affinity) || count === 0) continue;
    for (const [i, clientIp] of knownClients.entries()) {
      const backendSlot = i === 0 ? 1 : count;
      const { backendId } = tables.lb4_services_v2.get({ ...key, backendSlot }) as { backendId: number };
      affinity.set({ clientIp, revNatId, netnsCookie: false }, { lastUsed: 0n, backendId });
    }
  }
}

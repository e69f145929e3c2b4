import { MapsError } from '../errors.ts';
import { readEndpoint } from '../model/endpoint-name.ts';
import { backendIdOf, isBackend } from '../project/entry-kinds.ts';
import { MapFullError, type SizeKnobs } from '../project/map-full-error.ts';
import { isMaster } from '../project/service-entry.ts';
import type { Tables } from '../tables/memory-tables.ts';
import type { AnyTable } from '../tables/table.ts';
import type { Op } from './op.ts';
import { namedByStrayTables } from './stray-tables.ts';
import type { Written } from './written.ts';

/** A map refused a write for another reason than its size. */
export class MapWriteError extends MapsError {
  override readonly name = 'MapWriteError';
  readonly map: string;
  /** What the table answered: EPERM, ENOMEM, … */
  readonly tableCode: string;
  constructor(op: Op, tableCode: string, cause: unknown) {
    const whose = op.frontend === undefined ? '' : ` for frontend ${op.frontend}`;
    const why = cause instanceof Error ? cause.message : String(cause);
    super('LBX_MAP_WRITE', `${op.op} in map ${op.map}${whose} failed: ${why}`, { cause });
    this.map = op.map;
    this.tableCode = tableCode;
  }
}

/** A write that failed. The entry is as it was before. */
export interface ApplyFailure {
  readonly op: Op;
  /** `LBX_MAP_FULL` (MapFullError) or `LBX_MAP_WRITE` (MapWriteError). */
  readonly error: MapsError;
  /** What the table answered: E2BIG, ENOMEM, … */
  readonly tableCode: string;
}

/** What became of a plan. */
export interface ApplyResult {
  /** Writes done. */
  readonly done: number;
  readonly failures: readonly ApplyFailure[];
  /** Writes left out because an earlier one failed: those of its frontend, and deletes of backends. Plan again for them. */
  readonly skipped: readonly Op[];
  /** Frontends that are not as desired. */
  readonly pending: ReadonlySet<string>;
}

/**
 * Writes a plan into tables, in its order and in batches. When a write fails, the other writes of its frontend are left
 * out (of a backend: those of all frontends with a slot for it), so are its new external scope, the wildcard of its address
 * and what waits for that, and everything else goes on: the maps stay safe for lookups, and a new plan takes up the rest. A
 * map that is too small for all may keep more frontends waiting than need be; `maxEntries` of ProjectOptions refuses just
 * those that do not fit.
 *
 * @param written is kept in step with what was really written. With it, a backend is deleted as soon as nothing names it;
 * without it, only when nothing failed.
 * @param knobs names the options of the sizes of maps, for errors.
 */
export function applyOps(
  tables: Tables,
  ops: readonly Op[],
  written?: Written,
  knobs: SizeKnobs = {},
): ApplyResult {
  const failures: ApplyFailure[] = [];
  const skipped: Op[] = [];
  const pending = new Set<string>();
  let strays: ReadonlySet<number> | undefined;
  let users: ReadonlyMap<number, readonly string[]> | undefined;
  let planned: ReadonlySet<string | undefined> | undefined;
  let done = 0;

  /** Addresses whose wildcard entry must not come yet, or could not be deleted. */
  const unfinished = new Set<string>();
  const caught = new Set<string>();

  const isBlocked = (op: Op) => {
    if (op.frontend !== undefined) {
      // Where the wildcard stays, it would catch what is sent to a frontend that goes.
      if (op.op === 'delete' && isMaster(op) && caught.has(addressOf(op))) hold(op.frontend);
      return pending.has(op.frontend);
    }
    if (isBackend(op)) {
      if (op.op === 'set') return false;
      if (written === undefined || written.usesOf(backendIdOf(op)) > 0) return true;
      strays ??= namedByStrayTables(written, pending); // backends are deleted last: nothing comes behind them
      return strays.has(backendIdOf(op));
    }
    return op.op === 'set' && isMaster(op) && unfinished.has(addressOf(op));
  };
  const hold = (frontend: string) => {
    pending.add(frontend);
    const address = readEndpoint(frontend)?.address;
    if (address !== undefined) unfinished.add(address);
    // Who does not find the internal scope takes the external one, which is not there yet: they come together.
    const external = frontend.endsWith('/i') ? frontend.slice(0, -2) : undefined;
    if (external === undefined || written?.frontends.get(external)?.master !== undefined) return;
    planned ??= new Set(ops.map((op) => op.frontend));
    if (planned.has(external)) pending.add(external);
  };
  const fail = (op: Op, error: unknown) => {
    const tableCode = codeOf(error);
    if (tableCode === undefined) throw error;
    failures.push({ op, tableCode, error: explainFailure(op, tableCode, error, tables, knobs) });
    if (op.frontend !== undefined) hold(op.frontend);
    else if (isBackend(op)) {
      if (op.op === 'delete') return;
      users ??= usersByBackend(ops);
      for (const name of users.get(backendIdOf(op)) ?? []) hold(name);
    } else if (op.op === 'delete') caught.add(addressOf(op));
  };

  for (let from = 0; from < ops.length; ) {
    const run = runFrom(ops, from);
    from += run.length;
    for (let at = 0; at < run.length; ) {
      if (failures.length > 0) {
        while (at < run.length && isBlocked(run[at]!)) skipped.push(run[at++]!);
        if (at === run.length) break;
      }
      let to = run.length;
      if (failures.length > 0) {
        to = at + 1;
        while (to < run.length && !isBlocked(run[to]!)) to++;
      }
      const batch = at === 0 && to === run.length ? run : run.slice(at, to);
      const count = writeRun(tables, batch, fail);
      if (written !== undefined) for (let i = 0; i < count; i++) written.record(batch[i]!);
      done += count;
      // The one that failed is reported; what comes behind it in its batch is tried again.
      at += count < batch.length ? count + 1 : count;
    }
  }
  return { done, failures, skipped, pending };
}

/** The operations from `from` on that go to one map and are of one kind. */
function runFrom(ops: readonly Op[], from: number): readonly Op[] {
  const { op, map } = ops[from]!;
  let to = from + 1;
  while (to < ops.length && ops[to]!.op === op && ops[to]!.map === map) to++;
  return ops.slice(from, to);
}

/** Writes until the first failure, which is reported; returns how many went in before it. */
function writeRun(tables: Tables, run: readonly Op[], fail: (op: Op, error: unknown) => void): number {
  if (run.length === 0) return 0;
  const table = tables[run[0]!.map] as AnyTable;
  const deletes = run[0]!.op === 'delete';
  try {
    if (run.length === 1) {
      if (deletes) table.delete(run[0]!.key);
      else table.set(run[0]!.key, (run[0] as { value: unknown }).value);
    } else if (deletes) {
      table.deleteBatch(keysOf(run));
    } else {
      table.setBatch(pairsOf(run));
    }
    return run.length;
  } catch (error) {
    const written = (error as { done?: number }).done ?? 0;
    fail(run[Math.min(written, run.length - 1)]!, error);
    return written;
  }
}

// Generators: a batch of a hundred thousand needs no second list.

function* keysOf(run: readonly Op[]): IterableIterator<unknown> {
  for (const { key } of run) yield key;
}

function* pairsOf(run: readonly Op[]): IterableIterator<readonly [unknown, unknown]> {
  for (const op of run) yield [op.key, (op as { value: unknown }).value];
}

/** Of an entry of a services map. */
function addressOf({ key }: Op): string {
  return (key as { address: string }).address;
}

/** Frontends that get a slot for a backend in this plan. */
function usersByBackend(ops: readonly Op[]): Map<number, string[]> {
  const users = new Map<number, string[]>();
  for (const op of ops) {
    if (op.op !== 'set' || op.frontend === undefined || !('backendId' in op.value)) continue;
    const known = users.get(op.value.backendId);
    if (known === undefined) users.set(op.value.backendId, [op.frontend]);
    else known.push(op.frontend);
  }
  return users;
}

/** The errno name of a table's error; undefined for errors of another kind, which are bugs. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

function explainFailure(
  op: Op,
  tableCode: string,
  cause: unknown,
  tables: Tables,
  knobs: SizeKnobs,
): MapsError {
  if (tableCode !== 'E2BIG' && tableCode !== 'ENOSPC') return new MapWriteError(op, tableCode, cause);
  const what = op.frontend === undefined ? 'backend' : `frontend ${op.frontend}`;
  return new MapFullError(op.map, tables[op.map].maxEntries, what, { knobs, cause });
}

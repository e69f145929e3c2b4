import { MapsError } from '../errors.ts';
import { MapFullError } from '../project/map-full-error.ts';
import type { Tables } from '../tables/memory-tables.ts';
import type { AnyTable } from '../tables/table.ts';
import type { Op } from './op.ts';

/** A map refused a write for another reason than its size. */
export class MapWriteError extends MapsError {
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
 * out (of a backend: those of all frontends with a slot for it), backends are not deleted, and everything else goes on:
 * the maps stay safe for lookups, and a new plan from a new snapshot takes up the rest. A map that is too small for all
 * may keep more frontends waiting than need be; `maxEntries` of ProjectOptions refuses just those that do not fit.
 */
export function applyOps(tables: Tables, ops: readonly Op[]): ApplyResult {
  const failures: ApplyFailure[] = [];
  const skipped: Op[] = [];
  const pending = new Set<string>();
  let done = 0;

  const isBlocked = (op: Op) =>
    (op.frontend !== undefined && pending.has(op.frontend)) ||
    (failures.length > 0 && op.op === 'delete' && isBackend(op));
  const fail = (op: Op, error: unknown) => {
    const tableCode = codeOf(error);
    if (tableCode === undefined) throw error;
    failures.push({ op, tableCode, error: explainFailure(op, tableCode, error, tables) });
    if (op.frontend !== undefined) pending.add(op.frontend);
    else if (isBackend(op)) for (const name of usersOf(op, ops)) pending.add(name);
  };

  for (let from = 0; from < ops.length; ) {
    const run = runFrom(ops, from);
    from += run.length;
    let left = run;
    while (left.length > 0) {
      if (failures.length > 0) {
        skipped.push(...left.filter(isBlocked));
        left = left.filter((op) => !isBlocked(op));
      }
      const written = writeRun(tables, left, fail);
      done += written;
      left = left.slice(written + 1);
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

function isBackend({ map }: Op): boolean {
  return map === 'lb4_backends_v3' || map === 'lb6_backends_v3';
}

/** Frontends that get a slot for a backend in this plan. */
function* usersOf(backend: Op, ops: readonly Op[]): IterableIterator<string> {
  const { backendId } = backend.key as { backendId: number };
  for (const op of ops) {
    if (op.op !== 'set' || op.frontend === undefined || !('backendId' in op.value)) continue;
    if (op.value.backendId === backendId) yield op.frontend;
  }
}

/** The errno name of a table's error; undefined for errors of another kind, which are bugs. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

function explainFailure(op: Op, tableCode: string, cause: unknown, tables: Tables): MapsError {
  if (tableCode !== 'E2BIG' && tableCode !== 'ENOSPC') return new MapWriteError(op, tableCode, cause);
  const what = op.frontend === undefined ? 'backend' : `frontend ${op.frontend}`;
  return new MapFullError(op.map, tables[op.map].maxEntries, what, undefined, { cause });
}

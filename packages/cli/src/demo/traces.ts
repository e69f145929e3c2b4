import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError } from '../cli-error.ts';
import { runCommand } from '../run-command.ts';

/** Something that the demo made and must remove again. */
type Trace =
  | { readonly kind: 'process'; readonly pid: number; readonly startedAt: string }
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'pins'; readonly path: string }
  | { readonly kind: 'cgroup'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'mount'; readonly path: string };

/** How each kind of pinned state is removed; given by the caller, because it needs the kernel's help. */
export interface Removers {
  pins(path: string): void;
}

/** The demo's list of what it made, kept in a file so that the next run can tidy up after one that was killed. */
export interface Traces {
  add(trace: Trace): void;
  /** Removes everything, the youngest first; goes on after a failure and returns what failed. */
  removeAll(): string[];
}

const defaultFile = '/run/lbx-demo.json';

interface TraceFile {
  readonly owner: { readonly pid: number; readonly startedAt: string };
  readonly traces: readonly Trace[];
}

/**
 * Starts a list. What an earlier run left (killed half way, or kept with --keep) is removed first.
 * @throws CliError `LBX_DEMO_RUNNING` while that run is still at work.
 */
export function openTraces(removers: Removers, file = defaultFile): { traces: Traces; tidied: number } {
  const left = readTraceFile(file);
  if (left !== undefined && isRunning(left.owner)) {
    throw new CliError(
      'LBX_DEMO_RUNNING',
      `a demo is running (pid ${left.owner.pid}); wait for it, or end it, then try again`,
    );
  }
  const failures = left === undefined ? [] : removeTraces(left.traces, removers);
  if (failures.length > 0) {
    throw new CliError(
      'LBX_DEMO_RUNNING',
      `an earlier demo left things that could not be removed:\n  ${failures.join('\n  ')}`,
    );
  }
  const list: Trace[] = [];
  const owner = { pid: process.pid, startedAt: startTimeOf(process.pid) ?? '' };
  const save = () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ owner, traces: list } satisfies TraceFile));
  };
  save();
  return {
    tidied: left?.traces.length ?? 0,
    traces: {
      add(trace) {
        list.push(trace);
        save();
      },
      removeAll() {
        const problems = removeTraces(list, removers);
        if (problems.length === 0) rmSync(file, { force: true });
        return problems;
      },
    },
  };
}

function readTraceFile(file: string): TraceFile | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TraceFile;
  } catch {
    // Missing, or cut off by a crash while it was written: nothing to go by.
    return undefined;
  }
}

/** A pid alone may have been given to another process since. */
export function startTimeOf(pid: number): string | undefined {
  try {
    // Field 22 of stat, counted after the command's name, which may hold spaces and brackets itself.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

const isRunning = ({ pid, startedAt }: { pid: number; startedAt: string }) =>
  pid !== process.pid && startTimeOf(pid) === startedAt;

function removeTraces(traces: readonly Trace[], removers: Removers): string[] {
  const problems: string[] = [];
  for (const trace of [...traces].reverse()) {
    try {
      removeTrace(trace, removers);
    } catch (error) {
      problems.push(`${trace.kind}: ${(error as Error).message}`);
    }
  }
  return problems;
}

function removeTrace(trace: Trace, removers: Removers): void {
  switch (trace.kind) {
    case 'process':
      if (startTimeOf(trace.pid) !== trace.startedAt) return;
      process.kill(trace.pid, 'SIGKILL');
      waitUntil(() => startTimeOf(trace.pid) !== trace.startedAt);
      return;
    case 'namespace':
      if (existsSync(`/run/netns/${trace.name}`)) runCommand('ip', ['netns', 'delete', trace.name]);
      return;
    case 'pins':
      if (existsSync(trace.path)) removePins(trace.path, removers);
      return;
    case 'cgroup':
      if (!existsSync(trace.path)) return;
      // Members that were just killed leave a moment later.
      waitUntil(() => readFileSync(`${trace.path}/cgroup.procs`, 'utf8').trim() === '');
      rmdirSync(trace.path);
      return;
    case 'folder':
      rmSync(trace.path, { recursive: true, force: true });
      return;
    case 'mount':
      runCommand('umount', [trace.path]);
  }
}

/** The last threads of an agent that was just killed hold its lock for a moment after it is gone from /proc. */
function removePins(path: string, removers: Removers): void {
  let failure: unknown;
  waitUntil(() => {
    try {
      removers.pins(path);
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    return (failure as { code?: unknown } | undefined)?.code !== 'LBX_PINS_IN_USE';
  });
  if (failure !== undefined) throw failure;
}

function waitUntil(condition: () => boolean, limitMs = 3000): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (const end = performance.now() + limitMs; !condition() && performance.now() < end; )
    Atomics.wait(cell, 0, 0, 5);
}

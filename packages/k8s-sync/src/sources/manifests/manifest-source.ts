import { promises as fs } from 'node:fs';
import { resolve } from 'node:path';
import type { OptionShape } from '@lbx/maps';
import { assertOptions } from '../../assert-options.ts';
import { BadManifestError, BadOptionError, ManifestFolderError, SourceStateError } from '../../errors.ts';
import { ListenerQueue } from '../listener-queue.ts';
import type { ObjectSource, SourceEvent } from '../source-event.ts';
import type { SourceStatus } from '../source-status.ts';
import { FolderWatch } from './folder-watch.ts';
import { ManifestObjects, manifestKey } from './manifest-objects.ts';
import { type ManifestObject, parseManifest } from './parse-manifest.ts';
import { type FolderScan, type ScannedFile, scanFolder } from './scan-folder.ts';

export interface ManifestSourceOptions {
  /** A look at everything at least so often, for changes that no notice came of (network file systems). */
  readonly pollSeconds?: number;
  /** Notices within this time are one change. */
  readonly debounceMs?: number;
  /** An object is missing, or a file broken, only if that is still so after this time: files are not written at once. */
  readonly confirmMs?: number;
  /** Largest file that is read; a larger one is a problem, and what it last said stays in force. 64 MiB. */
  readonly maxFileBytes?: number;
  /** Files that a folder may have: with more it is taken for another folder than was meant. 100,000. */
  readonly maxFiles?: number;
  /**
   * Reads what else a file has, besides Kubernetes objects: its objects are told as those are, and its problems are the
   * file's. To be quick about files that are none of its business.
   */
  readonly readMore?: (text: string, file: string) => MoreObjects;
}

/** What `readMore` found. */
export interface MoreObjects {
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly Error[];
}

interface FileState {
  /** What was last taken over, or found broken. */
  fingerprint: string;
  /** A version that takes something away, or is broken, and since when it is there. */
  doubtful?: { readonly fingerprint: string; readonly since: number };
  /** It has been read without a problem at least once. */
  good: boolean;
}

const gone = 'gone';
/** Of a file that has to be read whatever it was. */
const unknown = 'unknown';

const shape: OptionShape<ManifestSourceOptions> = {
  pollSeconds: 'number',
  debounceMs: 'number',
  confirmMs: 'number',
  maxFileBytes: 'number',
  maxFiles: 'number',
  readMore: 'call',
};

/**
 * Kubernetes objects from a folder of manifests (.yaml, .yml, .json, subfolders too), followed as they change.
 *
 * A file that cannot be read or parsed is a `problem` that names file, line and reason; what it last said stays in force.
 * `synced` comes after the first read of all files, but not as long as one of them has never been readable: what it would
 * have said is unknown, and must not be taken for deleted. A file that has become empty, as a full disk makes it, is broken;
 * an empty folder that has come into the place of the one that was read takes nothing away either.
 *
 * start() rejects with ManifestFolderError (LBX_MANIFEST_FOLDER) if `folder` is no folder, or one with too many files.
 */
export function manifestSource(folder: string, options: ManifestSourceOptions = {}): ObjectSource {
  if (typeof folder !== 'string')
    throw new BadOptionError('manifestSource', 'folder', folder, "expected a path, such as 'manifests'");
  assertOptions('manifestSource', options, shape);
  const { pollSeconds = 10, debounceMs = 3, confirmMs = 40, maxFileBytes = 64 * 2 ** 20 } = options;
  const { maxFiles = 100_000, readMore } = options;
  const root = resolve(folder);
  const name = `manifests in ${root}`;
  const objects = new ManifestObjects();
  const files = new Map<string, FileState>();
  const problems = new Map<string, Error>();
  /** The folder that is looked at, whatever its name: another one may be put in its place. */
  let place: string | undefined;
  let queue: ListenerQueue | undefined;
  let state: 'new' | 'open' | 'closed' = 'new';
  let synced = false;
  let pass: Promise<void> | undefined;
  let timer: { readonly handle: NodeJS.Timeout; readonly due: number } | undefined;
  const watching = new FolderWatch(
    () => schedule(debounceMs),
    (error) => {
      const text = `${root} cannot be watched (${error.message}); it is read every second instead. If that is ENOSPC or EMFILE, raise fs.inotify.max_user_watches or max_user_instances`;
      report('watch', new ManifestFolderError(root, text, error));
      schedule(1000);
    },
  );

  function emit(event: SourceEvent): Promise<void> | undefined {
    return state === 'open' ? queue?.push(event) : undefined;
  }

  function report(key: string, error: Error): void {
    problems.set(key, error);
    void emit({ type: 'problem', error, key });
  }

  function resolved(key: string): void {
    if (problems.delete(key)) void emit({ type: 'resolved', key });
  }

  /** The next pass is due in at most `ms`. */
  function schedule(ms: number): void {
    const due = performance.now() + ms;
    if (state !== 'open' || (timer !== undefined && timer.due <= due)) return;
    clearTimeout(timer?.handle);
    timer = { due, handle: setTimeout(run, ms) };
  }

  function run(): void {
    timer = undefined;
    if (pass !== undefined) {
      schedule(1);
      return;
    }
    pass = look().finally(() => {
      pass = undefined;
      schedule(problems.has('watch') || problems.has('folder') ? 1000 : pollSeconds * 1000);
    });
  }

  /** One look at the whole folder: what changed since the last one becomes events. */
  async function look(first = false): Promise<void> {
    let scan: FolderScan;
    try {
      scan = await scanFolder(root, maxFiles);
    } catch (cause) {
      if (first) throw unreadable(root, cause, 'name the folder that has the manifests');
      watching.set(new Map());
      report('folder', unreadable(root, cause, 'what it last said stays in force'));
      return;
    }
    const inode = scan.folders.get(root);
    // What a volume leaves behind when it is taken away is an empty folder, which says nothing.
    if (inode !== place && scan.files.length === 0 && files.size > 0) {
      watching.set(scan.folders);
      report('folder', replacedByNothing(root));
      return;
    }
    place = inode;
    resolved('folder');
    problems.delete('watch');
    if (watching.set(scan.folders)) schedule(0);
    const present = new Set(scan.files.map((found) => found.file));
    for (const file of files.keys()) {
      if (!present.has(file) && isCertain(file, gone, first)) await dropFile(file);
    }
    for (const found of scan.files) {
      if (state !== 'open') return;
      if (files.get(found.file)?.fingerprint !== found.fingerprint) await readFile(found, first);
    }
    if (!synced && [...files.values()].every((file) => file.good)) {
      synced = true;
      void emit({ type: 'synced' });
    }
  }

  async function readFile(found: ScannedFile, first: boolean): Promise<void> {
    const { file, fingerprint } = found;
    const hadObjects = objects.keysOf(file).size > 0;
    const manifest = await readManifest(found, { maxFileBytes, hadObjects, readMore });
    if (manifest === undefined) {
      schedule(Math.max(10, debounceMs));
      return;
    }
    const kept = new Set(manifest.objects.map(manifestKey));
    const takesAway = [...objects.keysOf(file)].some((key) => !kept.has(key));
    const broken = manifest.problems.length > 0;
    if ((takesAway || broken) && !isCertain(file, fingerprint, first)) return;
    const good = !broken || files.get(file)?.good === true;
    const known = files.has(file);
    files.set(file, { fingerprint, good });
    // A broken file keeps its last good state; without one, what can be read of it is better than nothing.
    if (!broken || !known || !good) await takeOver(file, manifest.objects);
    if (broken) report(`file ${file}`, manifest.problems[0]!);
    else resolved(`file ${file}`);
  }

  /** Whether what looks like a loss has been there long enough to be meant. */
  function isCertain(file: string, fingerprint: string, first: boolean): boolean {
    const known = files.get(file);
    if (first || known === undefined) return true;
    const now = performance.now();
    if (known.doubtful?.fingerprint !== fingerprint) known.doubtful = { fingerprint, since: now };
    const left = known.doubtful.since + confirmMs - now;
    if (left <= 0) return true;
    schedule(left + 1);
    return false;
  }

  async function dropFile(file: string): Promise<void> {
    files.delete(file);
    await takeOver(file, []);
    resolved(`file ${file}`);
  }

  async function takeOver(file: string, said: readonly ManifestObject[]): Promise<void> {
    const { events, reread } = objects.replace(file, said);
    for (const other of reread) {
      const known = files.get(other);
      if (known !== undefined) known.fingerprint = unknown;
      schedule(0);
    }
    await emitAll(events);
  }

  /** A slow listener is waited for before the next file is read. */
  async function emitAll(events: readonly SourceEvent[]): Promise<void> {
    let busy: Promise<void> | undefined;
    for (const event of events) busy = emit(event) ?? busy;
    if (busy !== undefined) await busy;
  }

  function status(): SourceStatus {
    const unread = [...files].filter(([, file]) => !file.good).map(([file]) => `${name}: ${file}`);
    return {
      name,
      synced,
      syncedAt: queue?.syncedAt,
      waitingFor: synced ? [] : unread.length > 0 ? unread : [name],
      objects: objects.size,
      pending: queue?.pending ?? 0,
      lastEventAt: queue?.lastEventAt,
      lastError: [...problems.values()][0],
      parts: [],
    };
  }

  return {
    name,
    status,
    async start(listener) {
      if (state !== 'new')
        throw new SourceStateError(`${name}: start() was called before, or the source is closed`);
      try {
        if (!(await fs.stat(root)).isDirectory()) throw new Error('it is no folder');
        await fs.readdir(root);
      } catch (cause) {
        throw unreadable(root, cause, 'make it, or name another one');
      }
      queue = new ListenerQueue(name, listener);
      state = 'open';
      pass = look(true).finally(() => {
        pass = undefined;
      });
      try {
        await pass;
      } catch (error) {
        state = 'closed';
        queue.close();
        throw error;
      }
      schedule(pollSeconds * 1000);
    },
    async close() {
      state = 'closed';
      clearTimeout(timer?.handle);
      watching.close();
      queue?.close();
      await pass;
      watching.close();
    },
  };
}

interface HowToRead {
  readonly maxFileBytes: number;
  readonly hadObjects: boolean;
  readonly readMore: ManifestSourceOptions['readMore'] | undefined;
}

/** @returns undefined if the file was written to or went away meanwhile. */
async function readManifest(
  { file, path, fingerprint, size }: ScannedFile,
  { maxFileBytes, hadObjects, readMore }: HowToRead,
): Promise<MoreObjects | undefined> {
  const broken = (reason: string): MoreObjects => ({
    objects: [],
    problems: [new BadManifestError(file, reason)],
  });
  if (size > maxFileBytes) return broken(`has ${size} bytes; more than ${maxFileBytes} are not read`);
  try {
    const text = await fs.readFile(path, 'utf8');
    const stat = await fs.stat(path, { bigint: true });
    const now = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(':');
    if (now !== fingerprint) return undefined;
    // Whoever writes to a full disk leaves this behind.
    if (hadObjects && text.trim() === '')
      return broken('is empty; to take its objects away, remove the file or leave a comment in it');
    const manifest = parseManifest(text, file);
    const more = readMore?.(text, file);
    if (more === undefined) return manifest;
    return {
      objects: [...manifest.objects, ...more.objects],
      problems: [...manifest.problems, ...more.problems],
    };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : broken(`cannot be read: ${message}`);
  }
}

function replacedByNothing(root: string): ManifestFolderError {
  return new ManifestFolderError(
    root,
    `The folder of manifests ${root} is another one than before, and empty (a volume that is not mounted any more?); what it last said stays in force. Start anew if nothing is meant`,
  );
}

function unreadable(root: string, cause: unknown, remedy: string): ManifestFolderError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const found = code === 'ENOENT' ? 'there is no such folder' : message;
  return new ManifestFolderError(
    root,
    `The folder of manifests ${root} cannot be read: ${found}; ${remedy}`,
    cause,
  );
}

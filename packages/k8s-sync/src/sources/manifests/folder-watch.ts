import { type FSWatcher, watch } from 'node:fs';

/** Watches a changing set of folders for changes of their entries. */
export class FolderWatch {
  readonly #watchers = new Map<string, { readonly inode: string; readonly watcher: FSWatcher }>();
  readonly #onChange: () => void;
  readonly #onError: (error: Error) => void;

  constructor(onChange: () => void, onError: (error: Error) => void) {
    this.#onChange = onChange;
    this.#onError = onError;
  }

  /**
   * Watches exactly these folders (path → inode); one that was replaced by another of the same name is watched anew.
   *
   * @returns true if a watch was added: what happened before it was there has to be looked for.
   */
  set(folders: ReadonlyMap<string, string>): boolean {
    let added = false;
    for (const [path, { inode, watcher }] of this.#watchers) {
      if (folders.get(path) === inode) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
    for (const [path, inode] of folders) {
      if (this.#watchers.has(path)) continue;
      try {
        const watcher = watch(path, () => this.#onChange());
        watcher.on('error', (error) => {
          watcher.close();
          if (this.#watchers.get(path)?.watcher === watcher) this.#watchers.delete(path);
          this.#onError(error);
        });
        this.#watchers.set(path, { inode, watcher });
        added = true;
      } catch (error) {
        this.#onError(error as Error);
      }
    }
    return added;
  }

  close(): void {
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}

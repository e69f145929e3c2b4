import { type Dirent, promises as fs } from 'node:fs';
import { join } from 'node:path';

/** A manifest file as it is now; `fingerprint` changes with its contents. */
export interface ScannedFile {
  /** Relative to the folder, with "/"; files are sorted by it. */
  readonly file: string;
  readonly path: string;
  readonly fingerprint: string;
  readonly size: number;
}

export interface FolderScan {
  readonly files: readonly ScannedFile[];
  /** The folder and those below it, with their inode. */
  readonly folders: ReadonlyMap<string, string>;
}

/** Deeper than any sensible layout, and an end to symbolic links that lead in circles. */
const maxDepth = 8;

/**
 * Finds all .yaml, .yml and .json files below a folder. Names that begin with a dot are left out: hidden files, editors'
 * swap files and the "..data" of a mounted ConfigMap, whose visible files are symbolic links and are followed.
 *
 * @throws the file system's error if the folder itself cannot be read, or an error if there are more than `maxFiles`; what
 *   vanishes below it meanwhile is left out.
 */
export async function scanFolder(folder: string, maxFiles = Infinity): Promise<FolderScan> {
  const files: ScannedFile[] = [];
  const folders = new Map<string, string>();
  const inodes = new Set<string>();
  const visit = async (path: string, prefix: string, depth: number): Promise<void> => {
    const { ino, dev } = await fs.stat(path, { bigint: true });
    const inode = `${dev}:${ino}`;
    if (depth > maxDepth || inodes.has(inode) || files.length > maxFiles) return;
    inodes.add(inode);
    const entries = await fs.readdir(path, { withFileTypes: true });
    folders.set(path, inode);
    await Promise.all(entries.map((entry) => visitEntry(entry, path, prefix, depth)));
  };
  const visitEntry = async (entry: Dirent, path: string, prefix: string, depth: number): Promise<void> => {
    const { name } = entry;
    if (name.startsWith('.')) return;
    const isManifest = /\.(ya?ml|json)$/.test(name);
    if (!isManifest && entry.isFile()) return;
    const child = join(path, name);
    try {
      const stat = await fs.stat(child, { bigint: true });
      if (stat.isDirectory()) await visit(child, `${prefix}${name}/`, depth + 1);
      // A pipe or device would block the reader for ever.
      else if (isManifest && stat.isFile()) {
        const fingerprint = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(':');
        files.push({ file: `${prefix}${name}`, path: child, fingerprint, size: Number(stat.size) });
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Gone since readdir, or a link to nowhere. What exists but cannot be read is reported when it is read.
      if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR') return;
      if (isManifest)
        files.push({ file: `${prefix}${name}`, path: child, fingerprint: `error ${code}`, size: 0 });
    }
  };
  await visit(folder, '', 0);
  if (files.length > maxFiles)
    throw new Error(
      `it holds more than ${maxFiles.toLocaleString('en-US')} .yaml, .yml and .json files, those of its folders included`,
    );
  files.sort((a, b) => (a.file < b.file ? -1 : 1));
  return { files, folders };
}

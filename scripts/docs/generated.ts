// Files of docs/ that are made by programs of this folder: their paths, and what they must contain.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './markdown-files.ts';
import { readMeasurements } from './measurements.ts';
import { performancePage, performancePictures } from './performance-page.ts';
import { maglevDisruption } from './pictures/maglev-disruption.ts';
import { mapRelations } from './pictures/map-relations.ts';
import { packetWay } from './pictures/packet-way.ts';

function generated(): Readonly<Record<string, string>> {
  const measurements = readMeasurements();
  return {
    'docs/pictures/packet.svg': packetWay(),
    'docs/pictures/map-relations.svg': mapRelations(),
    'docs/pictures/maglev.svg': maglevDisruption(),
    ...performancePictures(measurements),
    'docs/performance.md': performancePage(measurements),
  };
}

/** Writes those that are not as they must be; returns their paths. */
export function writeGenerated(): string[] {
  return outdated().map(([file, content]) => {
    writeFileSync(join(repository, file), content);
    return file;
  });
}

/** Those that are not as they must be. */
export function outdated(): [file: string, content: string][] {
  return Object.entries(generated()).filter(([file, content]) => {
    const path = join(repository, file);
    return !existsSync(path) || readFileSync(path, 'utf8') !== content;
  });
}

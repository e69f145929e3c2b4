import type { Forecast } from '@lbx/maps';
import { table } from './output.ts';

/** A forecast for people: maps that are used, Maglev tables, ids, the sum, and what would not fit. */
export function forecastLines({ maps, maglev, ids, bytes, problems }: Forecast): string[] {
  const used = maps.filter(({ needed }) => needed !== 0);
  const lines = [
    table(
      ['map', 'entries', 'size', 'memory'],
      used.map(({ map, needed, size, bytes }) => [map, needed ?? 'by packets', size, bytesText(bytes)]),
    ),
  ];
  if (maglev.frontends > 0) {
    const unshared =
      maglev.bytesUnshared === maglev.bytes ? '' : `, ${bytesText(maglev.bytesUnshared)} if none were shared`;
    lines.push(
      `Maglev: ${maglev.tables} tables for ${maglev.frontends} frontends, ${bytesText(maglev.bytes)}${unshared}`,
    );
  }
  for (const [kind, one] of Object.entries(ids ?? {})) {
    const quarantined = one.quarantined === 0 ? '' : `, ${one.quarantined} in quarantine`;
    lines.push(`ids of ${kind}: ${one.used} of ${one.max}${quarantined}`);
  }
  lines.push(`kernel memory of these maps: ${bytesText(bytes)}`);
  for (const { message } of problems) lines.push(`does not fit: ${message}`);
  return lines;
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SidebarItem } from './sidebar.ts';

/** The sidebar that the API reference wrote beside its pages; empty before it was made. */
export function apiSidebar(folder: string): SidebarItem[] {
  const file = join(folder, 'sidebar.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SidebarItem[]) : [];
}

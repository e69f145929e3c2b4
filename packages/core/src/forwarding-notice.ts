import { existsSync, readFileSync } from 'node:fs';
import type { Family } from './network/node-addresses.ts';

/** Without forwarding the kernel answers no routing questions of the programs. Node admins decide; lbx only says it. */
export function forwardingNotices(
  devices: readonly string[],
  families: readonly Family[] = [4],
  read: (path: string) => string | undefined = (path) =>
    existsSync(path) ? readFileSync(path, 'utf8') : undefined,
): string[] {
  return families.flatMap((family) =>
    devices.flatMap((device) => {
      const path = `/proc/sys/net/ipv${family}/conf/${device}/forwarding`;
      if (read(path)?.trim() !== '0') return [];
      return [
        `IPv${family} forwarding is off on ${device}: requests to backends on other nodes will be dropped ` +
          `(drop_forwarding_disabled); switch it on with \`echo 1 > ${path}\``,
      ];
    }),
  );
}

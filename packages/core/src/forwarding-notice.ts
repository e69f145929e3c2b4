import { readFileSync } from 'node:fs';

/** Without forwarding the kernel answers no routing questions of the XDP program. Node admins decide; lbx only says it. */
export function forwardingNotices(
  devices: readonly string[],
  read = (path: string) => readFileSync(path, 'utf8'),
): string[] {
  return devices.flatMap((device) => {
    const path = `/proc/sys/net/ipv4/conf/${device}/forwarding`;
    if (read(path).trim() !== '0') return [];
    return [
      `IPv4 forwarding is off on ${device}: requests to backends on other nodes will be dropped ` +
        `(drop_forwarding_disabled); switch it on with \`echo 1 > ${path}\``,
    ];
  });
}

import { release } from 'node:os';

/** Whether the running kernel is at least `version` ("5.11"). */
export function isKernelAtLeast(version: string, running: string = release()): boolean {
  const [wantedMajor = 0, wantedMinor = 0] = version.split('.').map(Number);
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(running) ?? ['', '0', '0'];
  return Number(major) !== wantedMajor ? Number(major) > wantedMajor : Number(minor) >= wantedMinor;
}

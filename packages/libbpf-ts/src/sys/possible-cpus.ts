import { readFileSync } from 'node:fs';

let count: number | undefined;

/** Number of CPUs that per-CPU maps keep values for, which may be more than are online. */
export function possibleCpus(): number {
  count ??= parseCpuList(readFileSync('/sys/devices/system/cpu/possible', 'utf8'));
  return count;
}

/** Number of CPUs in a list as sysfs writes them: "0-3,6" has 5. */
export function parseCpuList(list: string): number {
  return list
    .trim()
    .split(',')
    .reduce((sum, range) => {
      const [first = '0', last = first] = range.split('-');
      return sum + Number(last) - Number(first) + 1;
    }, 0);
}

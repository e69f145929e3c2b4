import { BpfMap } from 'libbpf-ts';
import { defineCheck } from '../check.ts';

export interface MemlockFacts {
  readonly mebibytes: number;
  /** Errno's name, when the map could not be made. */
  readonly code?: string;
  readonly limit?: string;
}

const mebibytes = 32;

export const memlockCheck = defineCheck<MemlockFacts>({
  id: 'memory',
  group: 'kernel',
  tries: `makes a map of ${mebibytes} MiB and lets go of it`,
  matters:
    'maps of the usual sizes cannot be made: RLIMIT_MEMLOCK (before Linux 5.11), or the limit of a memory cgroup',
  remedy: 'ulimit -l unlimited, LimitMEMLOCK=infinity in a systemd unit, or more memory for the container',
  needsRoot: true,
  probe({ read }) {
    const limit = /^Max locked memory\s+(\S+)/m.exec(read('/proc/self/limits') ?? '')?.[1];
    const facts = { mebibytes, ...(limit === undefined ? {} : { limit }) };
    try {
      BpfMap.create({
        name: 'lbx_doctor',
        type: 'array',
        keySize: 4,
        valueSize: 1024,
        maxEntries: mebibytes * 1024,
      }).close();
      return facts;
    } catch (error) {
      return { ...facts, code: String((error as { code?: unknown }).code) };
    }
  },
  judge({ mebibytes: size, code, limit = 'unknown' }) {
    if (code === undefined) return [{ status: 'ok', found: `a map of ${size} MiB can be made` }];
    const remedy =
      code === 'EPERM'
        ? `ulimit -l unlimited (it is ${limit}), or LimitMEMLOCK=infinity in the systemd unit`
        : 'give the container or its memory cgroup more memory, or lower --flows and --endpoints';
    return [{ status: 'fail', found: `a map of ${size} MiB cannot be made: ${code}`, remedy }];
  },
});

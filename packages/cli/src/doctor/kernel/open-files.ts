import { defineCheck } from '../check.ts';

/** Maps, programs, links and watches of an agent with a few devices stay below this. */
const enough = 1024;

export const openFilesCheck = defineCheck<{ readonly limit: number | undefined }>({
  id: 'open-files',
  group: 'kernel',
  tries: 'reads the limit of open files of this process',
  matters: 'each map, program, link and connection is an open file',
  remedy: 'ulimit -n 4096, or LimitNOFILE=4096 in a systemd unit',
  needsRoot: false,
  probe({ read }) {
    const text = /^Max open files\s+(\S+)/m.exec(read('/proc/self/limits') ?? '')?.[1];
    return {
      limit: text === undefined ? undefined : text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text),
    };
  },
  judge({ limit }) {
    if (limit === undefined) return [{ status: 'note', found: 'the limit cannot be read' }];
    if (limit >= enough) return [{ status: 'ok', found: `${limit} at a time` }];
    return [
      { status: 'warn', found: `only ${limit} at a time`, remedy: 'ulimit -n 4096, or LimitNOFILE=4096' },
    ];
  },
});

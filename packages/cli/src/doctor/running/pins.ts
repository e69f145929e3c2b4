import { defineCheck } from '../check.ts';

export interface PinFacts {
  readonly pins: string;
  readonly maps: number;
  readonly links: number;
  readonly locked: boolean;
  readonly holder?: number;
  readonly there: boolean;
}

export const pinsCheck = defineCheck<PinFacts>({
  id: 'pins',
  group: 'what is pinned',
  tries: 'looks what an lbx has pinned, and which process holds the lock of the folder',
  matters: 'a datapath without a process serves what it knows, and follows no change',
  remedy: 'start the agent again, or end the datapath with lbx cleanup',
  needsRoot: true,
  probe({ pinned, options: { pins } }) {
    if (pinned === undefined) return { pins, maps: 0, links: 0, locked: false, there: false };
    const { maps, links, locked, holder } = pinned;
    return {
      pins,
      maps: maps.length,
      links: links.length,
      locked,
      there: true,
      ...(holder === undefined ? {} : { holder }),
    };
  },
  judge({ pins, maps, links, locked, holder, there }) {
    if (!there || maps + links === 0)
      return [{ status: 'ok', found: `nothing is pinned in ${pins}: no lbx has run, or it was cleaned up` }];
    const what = `${maps} maps and ${links} links in ${pins}`;
    if (locked)
      return [
        {
          status: 'ok',
          found: `${what}, kept by ${holder === undefined ? 'a process that is not to be seen from here' : `process ${holder}`}`,
        },
      ];
    return [
      {
        status: 'warn',
        found: `${what}, and no process keeps them: services are served as they were when it ended`,
        remedy: 'start lbx agent again (it takes over), or end it: lbx cleanup',
      },
    ];
  },
});

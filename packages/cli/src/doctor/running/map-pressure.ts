import { defineCheck } from '../check.ts';

export interface PressureFacts {
  readonly maps: readonly { readonly name: string; readonly entries: number; readonly max: number }[];
}

const crowded = 0.9;

export const mapPressureCheck = defineCheck<PressureFacts>({
  id: 'map-pressure',
  group: 'what is pinned',
  tries: 'counts the entries of the maps that refuse more when they are full',
  matters: 'services and endpoints that find no room are not served',
  remedy: '--endpoints N (at the next start the maps are exchanged with what they hold)',
  needsRoot: true,
  skips: ({ pinned }) => ((pinned?.maps.length ?? 0) === 0 ? 'no maps are pinned' : undefined),
  probe: ({ pinned }) => ({
    maps: (pinned?.maps ?? []).flatMap(({ name, entries, info }) =>
      entries === undefined ? [] : [{ name, entries, max: info.maxEntries }],
    ),
  }),
  judge({ maps }) {
    const full = maps.filter(({ entries, max }) => entries >= crowded * max);
    if (full.length > 0) {
      return full.map(({ name: about, entries, max }) => ({
        status: entries >= max ? ('fail' as const) : ('warn' as const),
        about,
        found: `${entries} of ${max} entries`,
        remedy: 'restart the agent with a larger --endpoints; nothing is lost',
      }));
    }
    const [fullest] = [...maps].sort((a, b) => b.entries / b.max - a.entries / a.max);
    return [
      {
        status: 'ok',
        found:
          fullest === undefined
            ? 'no map can run full'
            : `the fullest is ${fullest.name}: ${fullest.entries} of ${fullest.max}`,
      },
    ];
  },
});

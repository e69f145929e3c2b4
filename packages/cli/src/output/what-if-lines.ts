import { type FlowChange, percent, type WhatIf } from '@lbx/maps';
import { bytesText } from './forecast-lines.ts';
import { table } from './output.ts';

/** An answer for people: flows first, then what the maps take, then what would not fit. */
export function whatIfLines({ frontends, writes, entries, bytes, problems }: WhatIf): string[] {
  const alike = new Map<string, FlowChange[]>();
  for (const one of frontends) {
    const { name: _, ...rest } = one;
    const key = JSON.stringify(rest);
    const list = alike.get(key);
    if (list === undefined) alike.set(key, [one]);
    else list.push(one);
  }
  return [
    ...(problems.length === 0
      ? []
      : ['this would not work:', ...problems.map(({ message }) => `  ${message}`), '']),
    ...(frontends.length === 0 ? ['no frontend would change'] : [...alike.values()].flatMap(flowLines)),
    `writes: ${writes.set} set, ${writes.delete} deleted`,
    ...(entries.length === 0
      ? ['no map gets more or fewer entries']
      : table(
          ['map', 'entries', 'then', 'size'],
          entries.map(({ map, from, to, size }) => [map, from, to, size]),
        ).split('\n')),
    `kernel memory of the service maps: ${bytesText(bytes.from)}, then ${bytesText(bytes.to)}`,
  ];
}

function flowLines(alike: readonly FlowChange[]): string[] {
  const [one] = alike as [FlowChange];
  const names = alike.map(({ name }) => name).join(', ');
  const whose = one.service === one.name ? '' : `  ${one.service}`;
  return [
    `${one.change === 'changed' ? '~' : one.change === 'added' ? '+' : '-'} ${names}${whose}`,
    ...details(one),
    '',
  ];
}

function details({
  change,
  chosenBy,
  backends,
  moved,
  leastMoved,
  established,
  affinitySeconds,
}: FlowChange): string[] {
  const by =
    chosenBy.from === chosenBy.to
      ? chosenBy.to
      : `${chosenBy.from ?? 'nothing'}, then ${chosenBy.to ?? 'nothing'}`;
  const flows =
    change === 'changed'
      ? [
          `  new flows (${by}): ${percent(moved)} get another backend than before; at least ${percent(leastMoved)} must`,
          `  established flows: ${percent(established.kept)} stay with their backend, ${percent(established.ended)} lose it`,
        ]
      : [];
  const affinity =
    affinitySeconds === undefined
      ? []
      : [`  session affinity: clients stay with a backend that stays, for ${affinitySeconds} s`];
  const shares =
    backends.length === 0
      ? ['  no backend takes new flows']
      : table(
          ['backend', 'new flows', 'then'],
          backends.map(({ backend, from, to }) => [backend, percent(from), percent(to)]),
        )
          .split('\n')
          .map((line) => `  ${line}`);
  return [...flows, ...affinity, ...shares];
}

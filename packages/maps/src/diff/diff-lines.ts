import type { FrontendDiff, StateDiff, TableDiff, TableShares } from './diff-states.ts';
import type { ChangeKind, EntryDiff, FieldChange } from './entry-diff.ts';
import type { FieldValue } from './named-entry.ts';

const signs: Readonly<Record<ChangeKind, string>> = { added: '+', removed: '-', changed: '~' };

/**
 * A difference for people, one line each: `+` is in the second state only, `-` in the first only, `~` in both and not the
 * same. Frontends of one service that changed alike are told once, with all their names. Nothing when the states are equal.
 *
 *     ~ 198.51.100.1:80/TCP  LoadBalancer  shop/web
 *         affinity: off → 60 s
 *       + backend 192.0.2.3:8080/TCP
 */
export function diffLines({ frontends, wildcards, others }: StateDiff): string[] {
  const alike = new Map<string, FrontendDiff[]>();
  for (const one of frontends) {
    const { name: _, type, ...rest } = one;
    // Without a name of the service they may be anybody's.
    const key = one.service === undefined ? one.name : JSON.stringify(rest);
    const list = alike.get(key);
    if (list === undefined) alike.set(key, [one]);
    else list.push(one);
  }
  return [
    ...[...alike.values()].flatMap(frontendLines),
    ...wildcards.map((one) => `${signs[one.change]} all other ports of ${addressOf(one)}${fieldsText(one)}`),
    ...others.map(
      (one) => `${signs[one.change]} ${one.map} ${one.key} (no frontend has it)${fieldsText(one)}`,
    ),
  ];
}

/** A difference entry by entry, sorted by map and key. */
export function entryDiffLines(entries: readonly EntryDiff[]): string[] {
  return entries
    .map(({ change, map, key, fields }) => ({
      text: `${map} ${key}`,
      line: `${signs[change]} ${map} ${key}${change === 'changed' ? `  ${fields.map(fieldText).join('  ')}` : ''}`,
    }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ line }) => line);
}

function frontendLines(alike: FrontendDiff[]): string[] {
  const [{ change, service, fields, backends, sourceRanges, maglev }] = alike as [FrontendDiff];
  const names = alike.map(({ name, type }) => `${name}  ${type}`);
  const tail = [service, ...(change === 'added' && backends.length === 0 ? ['(no backends)'] : [])];
  const heads = names.map((name) => [`${signs[change]} ${name}`, ...tail].filter(Boolean).join('  '));
  return [
    ...heads,
    ...fields.map((field) => `    ${fieldText(field)}`),
    ...backends.map(({ backend, change, fields }) => {
      const more = change === 'changed' ? fields : fields.filter(isWorthSaying);
      return [`  ${signs[change]} backend ${backend}`, ...more.map(fieldText)].join('  ');
    }),
    ...sourceRanges.added.map((range) => `  + source range ${range}`),
    ...sourceRanges.removed.map((range) => `  - source range ${range}`),
    ...(maglev === undefined || change !== 'changed' ? [] : tableLines(maglev)),
  ];
}

/** Of a backend that came or went: what is not as usual. */
function isWorthSaying({ field, from, to }: FieldChange): boolean {
  const usual: Readonly<Record<string, FieldValue>> = {
    newFlows: true,
    state: 'active',
    zone: 0,
    cluster: 0,
  };
  return usual[field] !== (to ?? from);
}

function tableLines({ from, to, moved }: TableDiff): string[] {
  if (from === undefined) return [`    Maglev table: none → ${sharesText(to!)}`];
  if (to === undefined) return [`    Maglev table: ${sharesText(from)} → none`];
  if (moved === undefined) return [`    Maglev table: ${from.size} → ${to.size} positions`];
  return [
    `    Maglev table: ${moved} of ${to.size} positions name another backend (${percent(moved / to.size)})`,
  ];
}

function sharesText({ size, positions }: TableShares): string {
  return `${size} positions, ${Object.keys(positions).length} backends`;
}

/** `12.5 %`; what is little but not nothing is not shown as nothing. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value > 0 && value < 0.05 ? '<0.1' : value.toFixed(1)} %`;
}

function fieldsText({ change, fields }: EntryDiff): string {
  return change === 'changed' ? `  ${fields.map(fieldText).join('  ')}` : '';
}

/** `state: active → terminating`; of a field that one side lacks, the other's value. */
function fieldText({ field, from, to }: FieldChange): string {
  if (from === undefined) return `${field}: ${valueText(to)}`;
  if (to === undefined) return `${field}: ${valueText(from)}`;
  return `${field}: ${valueText(from, field)} → ${valueText(to, field)}`;
}

function valueText(value: FieldValue | undefined, field?: string): string {
  if (value === true) return field === 'newFlows' ? 'yes' : 'on';
  if (value === false) return field === 'newFlows' ? 'no' : 'off';
  return String(value);
}

/** Of a wildcard's key, `198.51.100.1:0/any ext slot=0`. */
function addressOf({ key }: EntryDiff): string {
  return key.replace(/:0\/any.*$/, '').replace(/^\[(.*)\]$/, '$1');
}

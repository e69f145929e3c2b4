import { reasonAdvice } from '../flow/reason-advice.ts';
import { type Reason, type ReasonKind, reasons } from '../flow/reasons.ts';

const intro = `# Drop reasons, and the others

Made from the list in packages/maps/src/flow; a test fails when this file is behind (\`vitest run packages/maps/src/describe -u\` writes it
anew). Every packet that a program looks at ends under one of these names: a counter per CPU, and an event for whoever asks
(\`lbx monitor --reason NAME\`, \`events()\` of @lbx/core). Numbers are places in \`lbx_counters\`.

`;

const kinds: Readonly<Record<ReasonKind, readonly [title: string, text: string]>> = {
  drop: [
    'Dropped',
    'The packet went no further. Some are told to their sender by ICMP; then the event says `reject`.',
  ],
  pass: ['Passed, though they looked like ours', 'The kernel got the packet as it came.'],
  note: ['Noted', 'Counted beside what became of the packet.'],
  sent: ['Sent', 'As it should be.'],
};

/** The text of docs/drop-reasons.md. */
export function reasonsDocument(): string {
  const parts = (Object.keys(kinds) as ReasonKind[]).map((kind) => {
    const [title, text] = kinds[kind];
    const list = reasons.filter((reason) => reason.kind === kind);
    return `## ${title}\n\n${text}\n\n${kind === 'sent' ? tableOf(list) : list.map(section).join('\n')}`;
  });
  return intro + parts.join('\n');
}

const tableOf = (list: readonly Reason[]): string =>
  `| number | name | meaning |\n|---:|---|---|\n${list.map(({ id, name, doc }) => `| ${id} | \`${name}\` | ${doc} |\n`).join('')}`;

function section({ id, name, doc }: Reason): string {
  const advice = reasonAdvice(name);
  const cause = advice === undefined ? '' : `**Cause.** ${advice.cause}\n`;
  const remedy = advice === undefined || advice.remedy === '' ? '' : `**Remedy.** ${advice.remedy}\n`;
  return `### ${name}\n\n${id}: ${doc}.\n${[cause, remedy].filter(Boolean).join('')}`;
}

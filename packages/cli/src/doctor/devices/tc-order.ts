import type { AttachedProgram, TcFilter } from 'libbpf-ts';
import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';
import { noDevice, type TcHookFacts, tcFacts } from './device-facts.ts';

export const tcOrderCheck = defineCheck<TcHookFacts[]>({
  id: 'tc-order',
  group: 'devices',
  tries: "lists the devices' tcx programs and tc filters of both directions, in the order they run",
  matters:
    'what runs before lbx may drop, redirect or end the chain before lbx sees a packet; filters run behind every tcx program',
  remedy: 'start the other program after lbx, or attach it behind; tc filter show dev DEVICE ingress',
  needsRoot: false,
  skips: noDevice,
  probe: tcFacts,
  judge: (hooks) => hooks.flatMap(judgeHook),
});

const nameOf = ({ programName, programId }: AttachedProgram) => `${programName ?? '?'} (id ${programId})`;
const filterName = ({ kind, label, programName, priority }: TcFilter) =>
  `${programName ?? label ?? kind} (priority ${priority})`;
const isOurs = ({ programName }: { readonly programName?: string }) =>
  programName?.startsWith('lbx_') === true;

/** What a link's owner is called only bpftool knows, by looking through all processes. */
const whoIs = (programs: readonly AttachedProgram[]) => {
  const link = programs.find(({ linkId = 0 }) => linkId > 0)?.linkId;
  return link === undefined ? '' : `bpftool link show id ${link} names the process that attached it: `;
};

function judgeHook({ device, direction, tcx, filters }: TcHookFacts): Verdict[] {
  const about = `${device} ${direction}`;
  const ours = tcx.findIndex(isOurs);
  const ourFilter = filters.findIndex(isOurs);
  const before = ours >= 0 ? tcx.slice(0, ours) : ourFilter >= 0 ? tcx : [];
  const filtersBefore = ours < 0 && ourFilter >= 0 ? filters.slice(0, ourFilter) : [];
  const strangers = [
    ...tcx.filter((one) => !isOurs(one)).map(nameOf),
    ...filters.filter((one) => !isOurs(one)).map(filterName),
  ];
  if (ours < 0 && ourFilter < 0) {
    if (strangers.length === 0) return [{ status: 'ok', about, found: 'nobody is attached' }];
    return [
      {
        status: 'note',
        about,
        found: `others are attached, and run before lbx when it comes: ${strangers.join(', ')}`,
      },
    ];
  }
  const first = [...before.map(nameOf), ...filtersBefore.map(filterName)];
  if (first.length > 0) {
    return [
      {
        status: 'warn',
        about,
        found: `before lbx runs ${first.join(', ')}: what it drops, redirects or accepts for good lbx never sees`,
        remedy: `${whoIs(before)}start it after lbx, or let it attach behind; if it passes on whatever it does not know, leave it`,
      },
    ];
  }
  if (strangers.length === 0) return [{ status: 'ok', about, found: 'only lbx' }];
  return [
    {
      status: 'note',
      about,
      found: `lbx runs first, then ${strangers.join(', ')}: they do not see what lbx redirects`,
    },
  ];
}

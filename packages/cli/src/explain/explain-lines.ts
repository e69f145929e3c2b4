import {
  type Confidence,
  type EstablishedFlow,
  type Explanation,
  hostPort,
  type LiveExplanation,
} from '@lbx/maps';
import { colors } from '../output/colors.ts';

const levels: Readonly<Record<Confidence['level'], string>> = {
  certain: 'certain',
  chance: 'by chance',
  uncertain: 'not certain',
};

/** For people: the verdict first, what is remembered, every look-up that led to it, and how sure it is. */
export function explainLines(answer: LiveExplanation, service?: string): string {
  const { established, newFlow, confidence, steps } = answer;
  return [
    verdictLine(answer),
    ...(service === undefined ? [] : [`  service:  ${service}`]),
    ...(established === undefined ? [] : flowLines(established)),
    ...(established?.valid && newFlow ? [`  a new flow would get: ${verdictLine(newFlow)}`] : []),
    ...candidatesLine(established?.valid ? undefined : answer),
    ...steps.map(({ text }, i) => `  ${i + 1}. ${text}`),
    `${levels[confidence.level]}:`,
    ...confidence.reasons.map(({ text, doubt }) => `  ${doubt ? '?' : '-'} ${text}`),
  ].join('\n');
}

function verdictLine({ verdict, reason }: Pick<Explanation, 'verdict' | 'reason'>): string {
  const paint = verdict === 'forward' ? colors.green : verdict === 'pass' ? colors.yellow : colors.red;
  return `${paint(verdict)}: ${reason}`;
}

function candidatesLine(answer: Explanation | undefined): string[] {
  const all = answer?.candidates ?? [];
  return all.length === 0
    ? []
    : [`one of: ${all.map(({ address, port }) => hostPort(address, port)).join(', ')}`];
}

const seconds = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;

function flowLines(flow: EstablishedFlow): string[] {
  const { backend, source, idleSeconds, silenceSeconds, way, packets, bytes } = flow;
  const idle = idleSeconds === undefined ? [] : [`last packet ${seconds(idleSeconds)} ago`];
  const silence = silenceSeconds === undefined ? [] : [`forgotten after ${silenceSeconds} s of silence`];
  const counted = packets === undefined ? [] : [`${packets} packets, ${bytes} bytes`];
  const state = backend.state === undefined ? 'no longer in the maps' : backend.state;
  const ways = {
    local: 'on this node',
    dsr: 'it answers the client itself (DSR)',
    snat: 'by SNAT',
    unknown: '',
  };
  const from = source === undefined ? '' : ` from ${hostPort(source.address, source.port)}`;
  return [
    `  flow:     ${[flow.phase, ...idle, ...silence, ...counted].join(', ')} (${flow.map})`,
    ...(flow.over === undefined ? [] : [`  over:     ${flow.over}: the next packet is a new flow's`]),
    `  backend:  ${backend.id}, ${backend.address === '' ? 'address not known' : hostPort(backend.address, backend.port)}, ${state}`,
    ...(ways[way] === '' ? [] : [`  way:      ${ways[way]}${from}`]),
    ...(flow.answersKnown === false
      ? ['  answers:  their half of the flow is lost; the next request makes it again']
      : []),
    ...(flow.valid
      ? [
          `  new SYN:  from the same port gets ${flow.restart === 'same' ? 'the same backend' : 'what a new flow gets'}`,
        ]
      : []),
  ];
}

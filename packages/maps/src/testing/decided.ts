import type { ExplanationStep } from '../explain/explanation.ts';

interface Place {
  readonly address: string;
  readonly port: number;
}

/** What `explain` says of a flow, or `explainPacket` of a frame. */
export interface Decided {
  readonly verdict: string;
  readonly code?: string;
  readonly reason?: string;
  readonly backend?: Place;
  readonly candidates?: readonly Place[];
  readonly steps: readonly ExplanationStep[];
}

/** Verdict and reason, and how they came about. */
export function decisionLines({ verdict, code, reason, steps }: Decided): string[] {
  const why = [code, reason].filter((text) => text !== undefined).join(': ');
  return [`found: ${verdict}${why === '' ? '' : ` (${why})`}`, ...steps.map(({ text }) => `  ${text}`)];
}

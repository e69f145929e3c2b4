interface Place {
  readonly address: string;
  readonly port: number;
}

/** What `explain` says of a flow, `explainPacket` of a frame, or a program in the kernel (`runPacket` of `@lbx/core/testing`). */
export interface Decided {
  readonly verdict: string;
  readonly code?: string;
  readonly reason?: string;
  readonly backend?: Place;
  readonly candidates?: readonly Place[];
  readonly steps: readonly { readonly text: string }[];
}

/** Verdict and reason, and how they came about. */
export function decisionLines(decided: Decided): string[] {
  const { verdict, code, reason, steps } = decided;
  if (typeof verdict !== 'string' || !Array.isArray(steps))
    return ['found: something that is no answer of explain(), explainPacket() or runPacket()'];
  const why = [code, reason].filter((text) => text !== undefined).join(': ');
  return [`found: ${verdict}${why === '' ? '' : ` (${why})`}`, ...steps.map(({ text }) => `  ${text}`)];
}

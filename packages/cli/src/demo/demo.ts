import { type ExitCode, exitCode } from '../exit-codes.ts';
import { json } from '../output/output.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';
import { explainOne, removeEndpoint, spread, ways } from './acts.ts';
import {
  explainText,
  footerText,
  introText,
  keepText,
  loadedText,
  removalText,
  spreadText,
} from './script.ts';
import { buildStage, openDemoTraces } from './stage.ts';

export interface DemoOptions {
  readonly keep?: boolean;
  readonly json?: boolean;
  readonly requests: number;
}

/** Plays the whole path on this machine, and says at the end whether it held. */
export async function playDemo(options: DemoOptions, context: CommandContext): Promise<ExitCode> {
  assertRoot('demo');
  const say = (text: string) => (options.json ? undefined : context.out(text));
  const { traces, tidied } = openDemoTraces();
  if (tidied > 0) say(`tidied up ${tidied} things that an earlier demo left\n`);
  const end = () => {
    const problems = traces.removeAll();
    for (const problem of problems) context.err(`lbx demo: not removed: ${problem}`);
    return problems;
  };
  const interrupted = () => {
    end();
    process.exit(130);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);

  let kept = false;
  try {
    say(introText);
    const stage = await buildStage(traces, say);
    const applied = await stage.nextEvent('applied');
    say(loadedText(stage, applied));
    const spreads = [];
    for (const way of ways) {
      const result = await spread(stage, way, options.requests);
      say(spreadText(result));
      spreads.push(result);
    }
    const explained = await explainOne(stage);
    say(explainText(explained));
    const removal = await removeEndpoint(stage, '203.0.113.18');
    say(removalText(removal));
    const agentExit = options.keep ? 0 : await stage.stopAgent();

    const passed =
      spreads.every((result) => result.passed) && explained.passed && removal.passed && agentExit === 0;
    if (options.keep) {
      kept = true;
      stage.release();
      say(keepText(stage));
    }
    const problems = kept ? [] : end();
    const verdict = passed && problems.length === 0;
    if (options.json) {
      context.out(
        json(
          {
            passed: verdict,
            loaded: stage.loaded,
            applied,
            spreads,
            explained,
            removal,
            notRemoved: problems,
          },
          2,
        ),
      );
    } else say(footerText(verdict, kept));
    return verdict ? exitCode.ok : exitCode.negative;
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    // With --keep a failed run stands too: that is when one wants to look.
    if (!kept && !options.keep) end();
  }
}

// The commands of the first hour do what its page says: all of them are run again, and their verdicts and exit codes compared.
import { readFileSync } from 'node:fs';
import { isRequired } from '@lbx/testing';
import { firstDifference, keyLines } from '../first-hour/page.ts';
import { firstHour, firstHourFile, playFirstHour, whyNotPlayed } from '../first-hour.ts';
import type { Step } from './step.ts';

export const firstHourStep: Step = {
  name: 'first hour',
  run: async () => {
    const reason = whyNotPlayed();
    if (reason !== undefined) {
      console.log(`      not played: ${reason}`);
      return isRequired('kernel') ? [`${reason}; LBX_REQUIRE=kernel`] : [];
    }
    try {
      const now = keyLines(await playFirstHour(), firstHour);
      const difference = firstDifference(keyLines(readFileSync(firstHourFile, 'utf8'), firstHour), now);
      return difference === undefined
        ? []
        : [`docs/first-hour.md is out of date (npm run docs -- first-hour): ${difference}`];
    } catch (error) {
      return [(error as Error).message];
    }
  },
};

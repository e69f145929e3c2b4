// Pictures and pages that programs make are what they make now.
import { outdated } from '../docs/generated.ts';
import type { Step } from './step.ts';

export const generatedDocs: Step = {
  name: 'generated docs',
  run: () => outdated().map(([file]) => `${file} is out of date: npm run docs -- generate`),
};

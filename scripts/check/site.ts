// The site of the documentation can be built, its parts have right types, and its links lead somewhere.
import { buildSite, builtSite } from '../docs/build-site.ts';
import { siteProblems } from '../docs/site-problems.ts';
import { command, type Step } from './step.ts';

export const site: Step = {
  name: 'site',
  run: async () => {
    const types = await command('', ['tsc', '-p', 'docs/tsconfig.json']).run();
    if (types.length > 0) return types;
    const problem = buildSite();
    return problem === undefined ? siteProblems(builtSite) : [problem];
  },
};

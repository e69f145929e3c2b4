import { globSync } from 'node:fs';
import { configDefaults, defineConfig } from 'vitest/config';

/**
 * Tests of functions from values to values. They take turns in one process for each worker, since starting a process takes
 * longer than most of them. Whatever changes something global, measures, or looks at how modules are loaded has its own.
 */
const pure = globSync(
  [
    'packages/{maglev,maps,libbpf-ts,core}/src/**/*.test.ts',
    'packages/cli/src/{cleanup,doctor,explain,input,monitor,names,output,status,top}/*.test.ts',
    'packages/k8s-sync/src/translate/*.test.ts',
    'scripts/**/*.test.ts',
  ],
  {
    cwd: import.meta.dirname,
    exclude: [
      '**/*.kernel.test.ts',
      '**/{import,allocation,jest,readme,mutations}.test.ts',
      'packages/core/src/{reconcile,sweep,sockets,derived,testing}/**',
    ],
  },
);

export default defineConfig({
  // Tests run on the sources: no build has to precede them.
  resolve: { conditions: ['@lbx/source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@lbx/source', 'node', 'import', 'default'] } },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // Limits only end what hangs: no verdict depends on how busy the machine is. What a test waits for is given up before
    // the test is, so that it is named. `vi.waitFor` does not know this limit: use `expect.poll`.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'own process',
          include: ['packages/*/{src,test}/**/*.test.ts', 'bpf/test/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...pure],
        },
      },
      { extends: true, test: { name: 'pure', include: pure, isolate: false } },
    ],
  },
});

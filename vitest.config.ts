import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run on the sources: no build has to precede them.
  resolve: { conditions: ['@lbx/source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@lbx/source', 'node', 'import', 'default'] } },
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'bpf/test/**/*.test.ts', 'examples/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});

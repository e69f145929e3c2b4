import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run on the sources: no build has to precede them.
  resolve: { conditions: ['@lbx/source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@lbx/source', 'node', 'import', 'default'] } },
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'bpf/test/**/*.test.ts', 'examples/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Limits only end what hangs: no verdict depends on how busy the machine is. What a test waits for is given up before
    // the test is, so that it is named. `vi.waitFor` does not know this limit: use `expect.poll`.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
  },
});

/**
 * How much of what it goes through in CI a test of random cases goes through now: LBX_RUNS. Without it less, so that the
 * tests are done while one waits.
 */
export const randomRuns = Number(process.env.LBX_RUNS ?? 0.4);

import { describe, test } from 'vitest';

/** A condition of the machine without which a group of tests cannot run. */
export interface Requirement {
  /** The word that makes a skip a failure when `LBX_REQUIRE` (a comma list) contains it. */
  readonly name: string;
  /** Why the tests cannot run here, with the remedy; undefined when they can. */
  readonly problem: () => string | undefined;
}

/** A pair of vitest entry points that skip, say why, or fail. */
export interface Gate {
  readonly describe: (name: string, fn: () => void) => void;
  readonly test: (name: string, fn: () => void | Promise<void>, timeoutMs?: number) => void;
}

/** True when `LBX_REQUIRE` names this requirement. */
export function isRequired(name: string, list: string | undefined = process.env.LBX_REQUIRE): boolean {
  return (list ?? '').split(',').some((word) => word.trim() === name);
}

/** The part of vitest that a gate passes on to. */
export interface Runner {
  readonly describe: ((name: string, fn: () => void) => unknown) & {
    skip(name: string, fn: () => void): unknown;
  };
  readonly test: ((
    name: string,
    options: { timeout?: number },
    fn: () => void | Promise<void>,
  ) => unknown) & {
    skip(name: string, fn: () => void | Promise<void>): unknown;
  };
}

/**
 * Makes `describe` and `test` that run where the requirement is met. Elsewhere they skip and print the reason
 * (once for each test file), or fail with that reason when `LBX_REQUIRE` names the requirement.
 */
export function createGate(requirement: Requirement, runner: Runner = { describe, test }): Gate {
  let state: { readonly problem: string | undefined; readonly required: boolean } | undefined;
  const look = () => {
    if (state === undefined) {
      state = { problem: requirement.problem(), required: isRequired(requirement.name) };
      if (state.problem !== undefined && !state.required)
        console.warn(`skipping ${requirement.name} tests: ${state.problem}`);
    }
    return state;
  };
  const refuse = (reason: string) => () => {
    throw new Error(`LBX_REQUIRE asks for ${requirement.name} tests, but ${reason}`);
  };
  return {
    describe(name, fn) {
      const { problem, required } = look();
      if (problem === undefined) runner.describe(name, fn);
      else if (!required) runner.describe.skip(name, fn);
      else runner.describe(name, () => runner.test(`needs ${requirement.name}`, {}, refuse(problem)));
    },
    test(name, fn, timeoutMs) {
      const { problem, required } = look();
      if (problem === undefined) runner.test(name, timeoutMs === undefined ? {} : { timeout: timeoutMs }, fn);
      else if (!required) runner.test.skip(name, fn);
      else runner.test(name, {}, refuse(problem));
    },
  };
}

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

/**
 * Makes `describe` and `test` that run where the requirement is met. Elsewhere they skip and print the reason
 * (once for each test file), or fail with that reason when `LBX_REQUIRE` names the requirement.
 */
export function createGate(requirement: Requirement): Gate {
  let problem: string | undefined;
  let known = false;
  const reasonToSkip = () => {
    if (!known) {
      known = true;
      problem = requirement.problem();
      if (problem !== undefined && !isRequired(requirement.name))
        console.warn(`skipping ${requirement.name} tests: ${problem}`);
    }
    return problem;
  };
  const refuse = (reason: string) => () => {
    throw new Error(`LBX_REQUIRE asks for ${requirement.name} tests, but ${reason}`);
  };
  return {
    describe(name, fn) {
      const reason = reasonToSkip();
      if (reason === undefined) describe(name, fn);
      else if (isRequired(requirement.name))
        describe(name, () => test(`needs ${requirement.name}`, refuse(reason)));
      else describe.skip(name, fn);
    },
    test(name, fn, timeoutMs) {
      const reason = reasonToSkip();
      if (reason === undefined) test(name, timeoutMs === undefined ? {} : { timeout: timeoutMs }, fn);
      else if (isRequired(requirement.name)) test(name, refuse(reason));
      else test.skip(name, fn);
    },
  };
}

import { describe, expect, it } from 'vitest';
import { CliError } from './cli-error.ts';
import { exitCodeOf } from './exit-codes.ts';

const withCode = (code: unknown) => Object.assign(new Error('x'), { code });

describe('exitCodeOf', () => {
  it.each([
    ['LBX_BAD_FLAG', 2],
    ['LBX_BAD_LINE', 3],
    ['LBX_MANIFEST_FOLDER', 3],
    ['LBX_SERVICE_ADDRESS', 3],
    ['LBX_NOT_ROOT', 4],
    ['LBX_NO_DEVICE', 4],
    ['LBX_API_SERVER', 4],
    ['LBX_MAP_MISMATCH', 4],
    ['EPERM', 4],
    ['ENOSPC', 4],
    // Only a mistake of ours raises these.
    ['LBX_CLOSED', 70],
    ['LBX_LAYOUT', 70],
    ['ERR_INVALID_ARG_TYPE', 70],
    ['ERR_OUT_OF_RANGE', 70],
    [7, 70],
    [undefined, 70],
  ])('%s is %i', (code, expected) => expect(exitCodeOf(withCode(code))).toBe(expected));

  it.each([undefined, null, 'text', new TypeError('x')])('a thrown %s is a fault of lbx', (thrown) =>
    expect(exitCodeOf(thrown)).toBe(70),
  );

  it('knows the errors of commands', () => expect(exitCodeOf(new CliError('LBX_NOT_ROOT', 'x'))).toBe(4));
});

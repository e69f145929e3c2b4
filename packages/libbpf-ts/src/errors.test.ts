import { expect, test } from 'vitest';
import { BatchError, BpfError, NotSupportedError, VerifierError } from './errors.ts';

test('a BpfError says what was tried, on what, what came back and what helps', () => {
  const error = new BpfError({
    errno: -17,
    operation: 'update map',
    object: 'flows',
    hint: 'use another key',
  });
  expect(error).toMatchObject({
    errno: 17,
    code: 'EEXIST',
    operation: 'update map',
    object: 'flows',
    hint: 'use another key',
  });
  expect(String(error)).toBe(
    'BpfError: update map flows: EEXIST (file already exists)\n  hint: use another key',
  );
});

test.each([
  [524, 'ENOTSUPP'],
  [4005, 'ELIBBPF_RELOC'],
  [9999, 'E9999'],
])('errno %i is called %s', (errno, code) => {
  expect(new BpfError({ errno, operation: 'load', object: 'x' }).code).toBe(code);
});

test('a BatchError says how many were done', () => {
  const error = new BatchError({ errno: 7, operation: 'update map', object: 'flows', done: 3, count: 10 });
  expect(error.message).toContain('3 of 10 entries');
  expect(error.done).toBe(3);
});

test('a NotSupportedError says since when', () => {
  const error = new NotSupportedError({
    errno: 22,
    operation: 'attach to',
    object: 'eth0',
    feature: 'tcx',
    since: '6.6',
  });
  expect(error.message).toContain('no tcx (Linux 6.6 or newer)');
});

test('a VerifierError shows its cause, and its log when asked', () => {
  const log = 'first\nR1 is bad';
  const error = new VerifierError({
    errno: 13,
    operation: 'load object',
    object: 'x',
    program: 'p',
    causeLine: 'R1 is bad',
    log,
  });
  expect(error).toMatchObject({ stage: 'program', item: 'p', code: 'EACCES' });
  expect(error.toString()).not.toContain('first');
  expect(error.toString(true)).toContain(log);
});

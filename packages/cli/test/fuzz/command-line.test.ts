import fc from 'fast-check';
import { expect, it } from 'vitest';
import { manifests, run } from '../run.ts';
import { fuzzAsync, fuzzMs, mutated, nastyText } from './fuzz.ts';

/** Commands that neither need the kernel nor touch it. */
const commands = ['plan', 'explain', 'encode', 'decode', 'help', 'frob', '--version', '--'];
const words = [
  '--node',
  'node-a',
  '--from',
  '203.0.113.9:4000',
  '--to',
  '198.51.100.80:80',
  '--proto',
  'udp',
  '--via',
  'node',
  '--json',
  '--algorithm',
  'maglev',
  '--maglev-size',
  '251',
  manifests,
  '/nonexistent',
  'lb4_services_v2',
  'lb4_backends_v3',
  'key',
  'value',
  '--help',
];
const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...words) },
  mutated(words.slice(0, 15)),
  nastyText,
);
const input = mutated([
  'c63364010050000006000000',
  '{"backendId": 7}',
  '{"address":"198.51.100.1","dport":80,"backendSlot":0,"proto":"TCP","scope":"external"}',
]);

it('a command line of any words ends with an exit code that means something', {
  timeout: fuzzMs,
}, async () => {
  const line = fc.tuple(fc.constantFrom(...commands), fc.array(word, { maxLength: 8 }), input);
  await fuzzAsync(line, async ([command, more, text]) => {
    const { code, err } = await run([command, ...more], text);
    expect([0, 1, 2, 3, 4], err).toContain(code);
    if (code > 1) expect(err).not.toBe('');
  });
});

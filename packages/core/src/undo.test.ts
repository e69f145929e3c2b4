import { expect, it } from 'vitest';
import { createUndo } from './undo.ts';

it('takes steps back newest first, also after one that fails', () => {
  const done: string[] = [];
  const undo = createUndo();
  undo.defer(() => done.push('a'));
  undo.defer(
    () => {
      throw new Error('no');
    },
    () => done.push('release b'),
  );
  undo.defer(() => done.push('c'));
  undo.run();
  undo.run();
  expect(done).toEqual(['c', 'release b', 'a']);
});

it('takes nothing back once all went well, but lets go', () => {
  const done: string[] = [];
  const undo = createUndo();
  undo.defer(
    () => done.push('a'),
    () => done.push('release a'),
  );
  undo.keep();
  undo.run();
  expect(done).toEqual(['release a']);
});

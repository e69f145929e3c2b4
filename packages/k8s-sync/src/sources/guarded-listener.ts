import { ListenerError } from '../errors.ts';
import type { SourceListener } from './source-event.ts';

/**
 * A listener that never throws: what the given one throws comes back to it as a `problem` event (and if it throws
 * at that too, the process hears of it as a warning).
 */
export function guardedListener(source: string, listener: SourceListener): SourceListener {
  return (event) => {
    try {
      listener(event);
    } catch (cause) {
      const error = new ListenerError(source, cause);
      try {
        listener({ type: 'problem', error, key: `${source}: listener` });
      } catch {
        process.emitWarning(error);
      }
    }
  };
}

import { stripVTControlCharacters } from 'node:util';
import { printable } from '../output/printable.ts';

/** The terminal, taken for as long as something is shown that changes; then it is as it was. */
export interface Screen extends Disposable {
  readonly rows: number;
  /** In place of what was there; lines that are too long are cut. */
  show(lines: readonly string[]): void;
}

const sequence = {
  otherScreen: '\u001b[?1049h',
  ownScreen: '\u001b[?1049l',
  hideCursor: '\u001b[?25l',
  showCursor: '\u001b[?25h',
  home: '\u001b[H',
  clearLine: '\u001b[K',
  clearBelow: '\u001b[J',
};

type Terminal = Pick<NodeJS.WriteStream, 'rows' | 'columns' | 'write' | 'on' | 'off'>;

/** @param onResize - what is shown is to be shown anew: there is more or less room. */
export function openScreen(terminal: Terminal, onResize: () => void): Screen {
  terminal.write(sequence.otherScreen + sequence.hideCursor);
  terminal.on('resize', onResize);
  // Also when the process ends without disposing of it.
  const restore = () => terminal.write(sequence.showCursor + sequence.ownScreen);
  process.once('exit', restore);
  return {
    get rows() {
      return terminal.rows;
    },
    show(lines) {
      const room = lines.slice(0, terminal.rows).map((line) => cut(printable(line), terminal.columns));
      terminal.write(
        sequence.home + room.map((line) => line + sequence.clearLine).join('\n') + sequence.clearBelow,
      );
    },
    [Symbol.dispose]() {
      terminal.off('resize', onResize);
      process.off('exit', restore);
      restore();
    },
  };
}

/** To what fits; a line that does not loses its colours. */
function cut(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= columns ? line : `${plain.slice(0, Math.max(0, columns - 1))}…`;
}

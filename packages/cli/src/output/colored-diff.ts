import { colors } from './colors.ts';

/** A line of a difference in the colour of its sign. */
export function colored(line: string): string {
  switch (line.trimStart()[0]) {
    case '+':
      return colors.green(line);
    case '-':
      return colors.red(line);
    case '~':
      return colors.yellow(line);
    default:
      return line;
  }
}

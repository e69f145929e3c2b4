import { CliError } from '../cli-error.ts';
import { parseJson } from './lines.ts';

/**
 * Lines of a file with one JSON object a line. Each must have the fields that tell what file it is; of a list of
 * fields, one.
 * @throws CliError `LBX_BAD_FILE` naming the file and, by number, the first line that has not.
 */
export function vectorLines(
  text: string,
  path: string,
  fields: readonly (string | readonly string[])[],
): string[] {
  const choices = fields.map((field) => [field].flat());
  const expected = `one JSON object a line with ${choices.map((names) => names.join(' or ')).join(', ')}`;
  const lines = text.split('\n');
  const found = lines.filter((line, i) => {
    if (line.trim() === '') return false;
    const value = parseJson(line, `${path}:${i + 1}`) as Record<string, unknown> | null;
    if (choices.every((names) => names.some((name) => value?.[name] !== undefined))) return true;
    throw new CliError('LBX_BAD_FILE', `${path}:${i + 1} is no such vector; expected ${expected}`);
  });
  if (found.length === 0)
    throw new CliError('LBX_BAD_FILE', `there are no vectors in ${path}; expected ${expected}`);
  return found;
}

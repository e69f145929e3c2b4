/**
 * Control characters but tab and line end, what turns the direction of writing, and the beginning of escape sequences. Colours
 * as picocolors writes them are not among them (none of them hides text).
 */
const control =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  /\u001b\[(?:[0-79]|2[1-9]|3[0-79]|4[0-79]|9[0-7]|10[0-7])m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A text that a terminal shows and does not obey: names of objects, messages of servers and lines of files may hold anything.
 * What it would obey is written as `\\u001b`, which in JSON is the same string.
 */
export function printable(text: string): string {
  return text.replace(control, (found) =>
    found.length > 1 ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

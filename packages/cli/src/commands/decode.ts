import { type AnyLayout, parseHex } from '@lbx/maps';
import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { numberedLines } from '../input/lines.ts';
import { json } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';
import { type Part, parseMapArgument, parsePartArgument } from './map-layout-argument.ts';

/** `lbx decode MAP key|value`: bytes in, objects out, line by line. */
export function decodeCommand(context: CommandContext): Command {
  return new Command('decode')
    .description('hexadecimal bytes on stdin to JSON, one line each')
    .argument('<map>', 'map name, such as lb4_services_v2', parseMapArgument)
    .argument('<part>', 'key or value', parsePartArgument)
    .addHelpText(
      'after',
      '\nWhere the key decides what a value means (slot 0 of a service or another), write KEY VALUE on the line.\n' +
        '\nExample:\n  echo "c63364010050000006000000" | lbx decode lb4_services_v2 key',
    )
    .action(async (layout: AnyLayout, part: Part) => {
      for await (const { number, text } of numberedLines(context.input)) {
        context.out(json(decodeHex(layout, part, text, `line ${number}`)));
      }
    });
}

/**
 * The object that bytes stand for.
 *
 * @param text one word of hexadecimal digits, or key and value
 * @param place where it stood, for messages
 */
export function decodeHex(layout: AnyLayout, part: Part, text: string, place: string): unknown {
  const words = text.trim().split(/\s+/);
  try {
    const [first, second, ...more] = words.map((word) => parseHex(word.replace(/^0x/i, '')));
    if (first === undefined || more.length > 0 || (part === 'key' && second !== undefined)) {
      throw new Error(
        part === 'key' ? 'expected one word of hexadecimal digits' : 'expected VALUE, or KEY VALUE',
      );
    }
    if (part === 'key') return layout.key.decode(first);
    if (second !== undefined) return layout.value.decode(second, layout.key.decode(first));
    return layout.value.decode(first, unknownKey(layout));
  } catch (error) {
    throw new CliError('LBX_BAD_LINE', `${place}: ${(error as Error).message}`, { cause: error });
  }
}

/** A key that complains when a codec looks at it: most do not. */
function unknownKey({ name }: AnyLayout): object {
  return new Proxy(
    {},
    {
      get() {
        throw new Error(`what a value of ${name} means depends on its key; write KEY VALUE`);
      },
    },
  );
}

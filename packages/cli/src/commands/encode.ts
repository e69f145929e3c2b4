import { type AnyLayout, toHex } from '@lbx/maps';
import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { numberedLines, parseJson } from '../input/lines.ts';
import { json } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';
import { type Part, parseMapArgument, parsePartArgument } from './map-layout-argument.ts';

/** `lbx encode MAP key|value`: objects in, bytes out, line by line. */
export function encodeCommand(context: CommandContext): Command {
  return new Command('encode')
    .description('JSON lines on stdin to hexadecimal bytes, one line each')
    .argument('<map>', 'map name, such as lb4_services_v2', parseMapArgument)
    .argument('<part>', 'key or value', parsePartArgument)
    .option('--json', 'one JSON object a line: {"hex": …}')
    .addHelpText('after', '\nExample:\n  echo \'{"backendId": 7}\' | lbx encode lb4_backends_v3 key')
    .action(async (layout: AnyLayout, part: Part, options: { json?: boolean }) => {
      for await (const { number, text } of numberedLines(context.input)) {
        const place = `line ${number}`;
        const hex = toHex(encodeJson(layout, part, parseJson(text, place, 'LBX_BAD_LINE'), place));
        context.out(options.json ? json({ hex }) : hex);
      }
    });
}

/** Bytes of a key or value as written in JSON; 64-bit integers may be numbers or decimal text. */
export function encodeJson(layout: AnyLayout, part: Part, value: unknown, place: string): Uint8Array {
  const codecs = part === 'key' ? [layout.key] : layout.value.readings;
  if (part === 'value' && layout.inner !== undefined)
    return layout.value.encode(tableOf(value, place), undefined);
  const fields = value === null || typeof value !== 'object' ? [] : Object.keys(value);
  // Where one C struct has two readings (slot 0 of a service or another), the fields that are given tell which is meant.
  const codec = codecs.find(({ fields: known }) =>
    fields.every((name) => known.some((field) => field.name === name)),
  );
  if (codec === undefined) {
    const shapes = codecs.map(({ fields: known }) =>
      known
        .filter(({ isPad }) => !isPad)
        .map(({ name }) => name)
        .join(', '),
    );
    throw new CliError(
      'LBX_BAD_LINE',
      `${place}: a ${part} of ${layout.name} has the fields: ${shapes.join('; or: ')}`,
    );
  }
  try {
    return codec.encode(withBigInts(value, codec.fields));
  } catch (error) {
    throw new CliError('LBX_BAD_LINE', `${place}: ${(error as Error).message}`, { cause: error });
  }
}

function tableOf(value: unknown, place: string): Uint32Array {
  if (Array.isArray(value) && value.every((id) => Number.isInteger(id)))
    return Uint32Array.from(value as number[]);
  throw new CliError('LBX_BAD_LINE', `${place}: a lookup table is an array of backend ids`);
}

function withBigInts(value: unknown, fields: AnyLayout['key']['fields']): unknown {
  const wide = fields.filter(({ ctype }) => ctype === '__u64' || ctype === 'u64').map(({ name }) => name);
  if (wide.length === 0 || value === null || typeof value !== 'object') return value;
  const converted: Record<string, unknown> = { ...value };
  for (const name of wide) {
    const given = converted[name];
    if (typeof given === 'string' && /^\d+$/.test(given)) converted[name] = BigInt(given);
  }
  return converted;
}

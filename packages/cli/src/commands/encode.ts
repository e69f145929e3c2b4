import { type AnyLayout, type Struct, toHex } from '@lbx/maps';
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

/**
 * Bytes of a key or value as written in JSON; 64-bit integers may be numbers or decimal text.
 *
 * @param place where the value stood, for messages
 */
export function encodeJson(layout: AnyLayout, part: Part, value: unknown, place: string): Uint8Array {
  if (part === 'value' && layout.inner !== undefined)
    return layout.value.encode(tableOf(value, place), undefined);
  const readings: readonly Struct<unknown>[] = part === 'key' ? layout.key.readings : layout.value.readings;
  const given = value === null || typeof value !== 'object' ? [] : Object.keys(value);
  // One C struct may have several readings (slot 0 of a service or another): the given fields tell which is meant.
  const fitting = readings.filter(({ fields }) =>
    given.every((name) => fields.some((field) => !field.isPad && field.name === name)),
  );
  if (fitting.length === 0) {
    const shapes = new Set(readings.map(namesOf));
    const message = `${place}: a ${part} of ${layout.name} has the fields: ${[...shapes].join('; or: ')}`;
    throw new CliError('LBX_BAD_LINE', message);
  }
  let failure: unknown;
  for (const reading of fitting) {
    // A key's own codec knows when to write which reading (an IPv4 or IPv6 address); a value is what fits first.
    const codec: Struct<unknown> = part === 'key' ? layout.key : reading;
    try {
      return codec.encode(withBigInts(value, reading));
    } catch (error) {
      failure ??= error;
    }
  }
  throw new CliError('LBX_BAD_LINE', `${place}: ${(failure as Error).message}`, { cause: failure });
}

function namesOf({ fields }: Struct<unknown>): string {
  return fields
    .filter(({ isPad }) => !isPad)
    .map(({ name }) => name)
    .join(', ');
}

function tableOf(value: unknown, place: string): Uint32Array {
  const isId = (id: unknown) => Number.isInteger(id) && (id as number) >= 0 && (id as number) <= 0xffff_ffff;
  if (Array.isArray(value) && value.length > 0 && value.every(isId)) return Uint32Array.from(value);
  throw new CliError('LBX_BAD_LINE', `${place}: a lookup table is an array of backend ids, 0 to 4294967295`);
}

/** JSON has no 64-bit integers: where the codec reads a bigint, numbers and decimal text become one. */
function withBigInts(value: unknown, codec: Struct<unknown>): unknown {
  if (value === null || typeof value !== 'object') return value;
  const converted: Record<string, unknown> = { ...value };
  const sample = codec.decode(new Uint8Array(codec.size)) as Record<string, unknown>;
  for (const [name, field] of Object.entries(converted)) {
    if (typeof sample[name] !== 'bigint') continue;
    if (typeof field === 'string' && /^\d+$/.test(field)) converted[name] = BigInt(field);
    // Above 2^53 a number has lost digits: refused by the codec, with the field's name.
    if (typeof field === 'number' && Number.isSafeInteger(field)) converted[name] = BigInt(field);
  }
  return converted;
}

import { stringify } from 'yaml';
import { type OptionKey, optionGroups, optionOf } from './agent-options.ts';
import { originText, type Settings } from './settings.ts';

/** The settings as a configuration file that says the same, with where each comes from. */
export function printSettings(settings: Settings): string {
  const groups = Object.entries(optionGroups).map(([group, options]) => {
    const lines = (Object.keys(options) as OptionKey[]).map((key): [string, string] => {
      const { plain, origin } = settings[key];
      if (plain === undefined) return [`# ${key}:`, `${optionOf(key).otherwise ?? ''}`];
      return [`${key}: ${flow(plain)}`, `# ${originText(origin)}`];
    });
    const width = Math.max(...lines.map(([line]) => line.length));
    return [`# ${group}`, ...lines.map(([line, comment]) => `${line.padEnd(width)}  ${comment}`)];
  });
  return groups.map((lines) => lines.join('\n')).join('\n\n');
}

/** The same for programs. */
export function settingsAsData(settings: Settings): Record<string, { value: unknown; origin: string }> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, { plain, origin }]) => [
      key,
      { value: plain ?? null, origin: originText(origin) },
    ]),
  );
}

const flow = (plain: unknown): string =>
  stringify(plain, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd();

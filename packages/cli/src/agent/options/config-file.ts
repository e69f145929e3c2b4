import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { agentOptions, type OptionKey, optionKeys, optionOf } from './agent-options.ts';
import { nearestName } from './nearest-name.ts';
import { flagOf } from './option-names.ts';
import { BadValue } from './option-types/option-type.ts';

/** One setting of a file, in plain form. */
export interface FileSetting {
  readonly plain: unknown;
  readonly line: number;
}

/** What a configuration file says. */
export interface ConfigFile {
  readonly file: string;
  readonly settings: ReadonlyMap<OptionKey, FileSetting>;
  /** What is wrong with it, all of it: "agent.yaml:3:1: …". */
  readonly problems: readonly string[];
}

/** Reads a configuration file: one mapping of YAML 1.2, whose keys are those of {@link agentOptions}. */
export function readConfigFile(text: string, file: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const settings = new Map<OptionKey, FileSetting>();
  const problems: string[] = [];
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, text: `${file}:${line}:${col}` };
  };
  for (const { message, pos } of [...document.errors, ...document.warnings])
    problems.push(`${placeOf(pos[0]).text}: ${message}`);
  const { contents } = document;
  // An empty file, or one of comments, says nothing.
  if (problems.length > 0 || contents === null || (isScalar(contents) && contents.value === null))
    return { file, settings, problems };
  if (!isMap(contents))
    return {
      file,
      settings,
      problems: [`${file}:1:1: must be a mapping of options, such as 'node: node-a'`],
    };

  for (const pair of contents.items) {
    const keyNode = pair.key as Node;
    const key = isScalar(keyNode) ? String(keyNode.value) : '(no text)';
    const place = placeOf(keyNode.range?.[0] ?? 0);
    if (!Object.hasOwn(agentOptions, key)) {
      problems.push(`${place.text}: unknown key '${key}'${didYouMeanKey(key)}`);
      continue;
    }
    const known = key as OptionKey;
    const plain = (pair.value as Node | null)?.toJS(document) ?? null;
    try {
      if (plain === null) throw new BadValue('has no value; leave the key out for its default');
      optionOf(known).type.read(plain);
      settings.set(known, { plain, line: place.line });
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      const inner = (document.getIn([key, ...error.path], true) ?? pair.value ?? keyNode) as Node;
      const { text: at } = placeOf((inner.range ?? keyNode.range)?.[0] ?? 0);
      problems.push(`${at}: ${key}: ${error.message}`);
    }
  }
  return { file, settings, problems };
}

/** People may say a key as they say its flag. */
function didYouMeanKey(given: string): string {
  const key = optionKeys.find((one) => flagOf(one) === given) ?? nearestName(given, optionKeys);
  return key === undefined ? '' : `; did you mean '${key}'?`;
}

import { nearestName } from '@lbx/maps';
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { agentOptions, type OptionKey, optionKeys, optionOf } from './agent-options.ts';
import { flagOf } from './option-names.ts';
import { BadValue } from './option-types/option-type.ts';

/** More would bury the first ones. */
const maxProblems = 20;

/** One setting of a file, in plain form. */
interface FileSetting {
  readonly plain: unknown;
  readonly line: number;
}

/** What a configuration file says. */
export interface ConfigFile {
  readonly file: string;
  readonly settings: ReadonlyMap<OptionKey, FileSetting>;
  /** What is wrong with it: "agent.yaml:3:1: …". Of very many, the first ones. */
  readonly problems: readonly string[];
}

/** Reads a configuration file: one mapping of YAML 1.2, whose keys are those of {@link agentOptions}. */
export function readConfigFile(text: string, file: string): ConfigFile {
  const { problems, ...read } = readWhole(text, file);
  const more = problems.length - maxProblems;
  const told = problems.slice(0, maxProblems).map((problem) => problem.slice(0, 400));
  return { ...read, problems: more > 0 ? [...told, `${file}: and ${more} more`] : told };
}

function readWhole(text: string, file: string): ConfigFile {
  const lines = new LineCounter();
  const settings = new Map<OptionKey, FileSetting>();
  const problems: string[] = [];
  let document: ReturnType<typeof parseDocument>;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  } catch (error) {
    // Nested so deep that the parser runs out of stack.
    return { file, settings, problems: [`${file}:1:1: cannot be parsed: ${(error as Error).message}`] };
  }
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
    let plain: unknown;
    try {
      plain = (pair.value as Node | null)?.toJS(document) ?? null;
    } catch (error) {
      // Aliases that lead nowhere or multiply without end.
      const at = placeOf((pair.value as Node).range?.[0] ?? 0).text;
      problems.push(`${at}: ${key}: ${(error as Error).message}`);
      continue;
    }
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

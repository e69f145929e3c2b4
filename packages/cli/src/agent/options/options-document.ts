import { type OptionKey, optionGroups, optionOf } from './agent-options.ts';
import { flagOf, variableOf } from './option-names.ts';

const code = (text: string) => `\`${text.replaceAll('|', '\\|')}\``;

/** The whole of docs/agent-options.md, made from the declarations. */
export function optionsDocument(): string {
  const groups = Object.entries(optionGroups).map(([group, options]) => {
    const rows = (Object.keys(options) as OptionKey[]).map(rowOf);
    return `## ${group}\n\n| file | flag | variable | default | |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Options of lbx agent

Made from the declarations in packages/cli/src/agent/options; a test fails when this file is behind (\`vitest run
packages/cli/src/agent/options -u\` writes it anew). Flags, variables, help, and the JSON schema of the file
([agent.schema.json](../packages/cli/schema/agent.schema.json)) are made from the same declarations.

- A flag counts before a variable, a variable before the file (\`--config FILE\` or \`LBX_AGENT_CONFIG\`), the file before the default.
- Lists: a flag takes several words, or may be given several times; a variable has commas between them; the file has a list, or one value.
- Pairs of name and value: \`name=value,name=value\` in flags and variables, a mapping in the file.
- What can be true or false has the flags \`--NAME\` and \`--no-NAME\`. An empty variable counts as none.
- A file is YAML with these keys on one level. A key that is not known is an error, which names the nearest one; errors name line and column.
- \`lbx agent --print-config\` shows what is in force and where each value comes from, in the form of a file; \`--check-config\` says
  whether it is good, and does nothing else.
- For editors: \`# yaml-language-server: $schema=…/agent.schema.json\` as the first line of the file.

${groups.join('\n')}`;
}

function rowOf(key: OptionKey): string {
  const { type, doc, fallback, otherwise, variables = [] } = optionOf(key);
  const flag = `--${flagOf(key)}${type.placeholder === '' ? '' : ` <${type.placeholder}>`}`;
  const names = [variableOf(key), ...variables].map(code).join(', ');
  const standard =
    otherwise ?? code(Array.isArray(fallback) ? fallback.join(', ') || '[]' : String(fallback));
  return `| ${code(key)} | ${code(flag)} | ${names} | ${standard} | ${doc} |`;
}

// Other pages quote the first hour: their blocks that show a command of it show what it printed there.

const block = /^```text\n\$ (.*)\n((?:(?!```).*\n)*)```$/gm;

/** A page with its quotes as the first hour has them now; a quote that ends with a line `…` stays as long as it is. */
export function withQuotes(text: string, hour: string): string {
  const printed = new Map([...hour.matchAll(block)].reverse().map(([, line, output]) => [line, output]));
  return text.replace(block, (whole, line: string, output: string) => {
    const now = printed.get(line)?.trimEnd().split('\n');
    if (now === undefined) return whole;
    const lines = output.trimEnd().split('\n');
    const shown = lines.at(-1) === '…' ? [...now.slice(0, lines.length - 1), '…'] : now;
    return `\`\`\`text\n$ ${line}\n${shown.join('\n')}\n\`\`\``;
  });
}

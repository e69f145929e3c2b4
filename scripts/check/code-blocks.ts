// Every TypeScript block in Markdown compiles, against the packages as they are in this checkout.
// A block is a module of its own; one that is opened by ```ts continues is read as the end of the block before it.
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { type CodeBlock, parseMarkdown } from '../docs/markdown.ts';
import { markdownFiles, readRepositoryFile, repository } from '../docs/markdown-files.ts';
import type { Step } from './step.ts';

export const codeBlocks: Step = {
  name: 'code blocks',
  run: () => {
    const modules = markdownFiles().flatMap((file) =>
      modulesOf(file, parseMarkdown(readRepositoryFile(file)).blocks),
    );
    return modules.length === 0 ? ['no Markdown has a block of TypeScript'] : compile(modules);
  },
};

/** A block as a module that could stand beside its page. */
interface BlockModule {
  readonly page: string;
  /** Absolute; no such file exists. */
  readonly path: string;
  readonly code: string;
  /** For each line of `code`, its line in the page. */
  readonly lines: readonly number[];
}

const isTypeScript = ({ info }: CodeBlock) => /^(ts|typescript)\b/.test(info);

function modulesOf(page: string, blocks: readonly CodeBlock[]): BlockModule[] {
  const modules: BlockModule[] = [];
  for (const block of blocks.filter(isTypeScript)) {
    const before = block.info.split(' ').includes('continues') ? modules.at(-1) : undefined;
    const lines = block.code.split('\n').map((_, n) => block.line + n);
    modules.push({
      page,
      path: join(repository, dirname(page), `code-block-${block.line}-of-${page.replaceAll('/', '-')}.ts`),
      code: `${before?.code ?? ''}${block.code}`,
      lines: [...(before?.lines.slice(0, -1) ?? []), ...lines],
    });
  }
  return modules;
}

function compile(modules: readonly BlockModule[]): string[] {
  const configPath = join(repository, 'tsconfig.json');
  const { config } = ts.readConfigFile(configPath, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository);
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => byPath.has(path) || fileExists(path);
  host.readFile = (path) => byPath.get(path)?.code ?? readFile(path);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const module = byPath.get(path);
    return module === undefined
      ? getSourceFile(path, languageVersion, ...rest)
      : ts.createSourceFile(path, module.code, languageVersion, true);
  };
  // The packages' own sources are judged by the step "types": only what is wrong in a block counts here.
  const program = ts.createProgram(
    [...byPath.keys()],
    { ...options, moduleDetection: ts.ModuleDetectionKind.Force },
    host,
  );
  return modules.flatMap((module) => {
    const file = program.getSourceFile(module.path)!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      (diagnostic) => describe(module, diagnostic),
    );
  });
}

function describe({ page, code, lines }: BlockModule, { start = 0, messageText }: ts.Diagnostic): string {
  const line = lines[code.slice(0, start).split('\n').length - 1];
  return `${page}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}

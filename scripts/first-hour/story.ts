// What the page of the first hour is made of: words, files that a reader writes, and commands that are really run.

/** A command: it is typed into a shell, and what it prints becomes part of the page. */
export interface Command {
  readonly kind: 'command';
  readonly line: string;
  /** Exit codes that it must end with; 0 unless said otherwise. */
  readonly exits: readonly number[];
  /** What it must print. */
  readonly prints: readonly RegExp[];
  /** Its output tells of the machine or of chance, and may be another next time: only `prints` and `exits` are held to. */
  readonly varies: boolean;
  /** It starts another shell, which gets the commands that follow. */
  readonly enters: boolean;
}

export interface Words {
  readonly kind: 'words';
  /** Markdown. */
  readonly text: string;
}

export interface File {
  readonly kind: 'file';
  /** Relative to the folder of the part. */
  readonly name: string;
  readonly content: string;
}

export type Step = Command | Words | File;

/** What one kind of people does in their first hour, in a folder of its own. */
export interface Part {
  readonly title: string;
  readonly folder: string;
  readonly steps: readonly Step[];
}

export const words = (text: string): Words => ({ kind: 'words', text });

export const file = (name: string, content: string): File => ({ kind: 'file', name, content });

export interface CommandOptions {
  readonly exits?: number | readonly number[];
  readonly prints?: RegExp | readonly RegExp[];
  readonly varies?: boolean;
  readonly enters?: boolean;
}

export function command(line: string, options: CommandOptions = {}): Command {
  const { exits = 0, prints = [], varies = false, enters = false } = options;
  return {
    kind: 'command',
    line,
    exits: [exits].flat(),
    prints: [prints].flat(),
    varies,
    enters,
  };
}

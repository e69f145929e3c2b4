/** A JSON schema, as far as it is used here. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One kind of value, whichever way it comes: from a flag, from a variable of the environment, or from a file. */
export interface OptionType<T> {
  /** What stands behind the flag in help, without brackets; empty for what is only yes or no. */
  readonly placeholder: string;
  /** Of the plain form, as JSON and YAML have it. Never stricter than `read`. */
  readonly schema: JsonSchema;
  /** `many`: may be given several times, or as a list. `named`: pairs of name and value. */
  readonly shape: 'one' | 'many' | 'named';
  /** `--no-NAME` stands for false. */
  readonly canBeFalse: boolean;
  /** The plain form of what a flag or a variable says. */
  fromText(text: string): unknown;
  /** The value of a plain form. @throws BadValue */
  read(plain: unknown): T;
}

/** A value is not what it must be; the message says what to say instead. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
  /** Where in the value: indexes of lists and names. */
  readonly path: readonly (string | number)[];
  constructor(message: string, path: readonly (string | number)[] = []) {
    super(message);
    this.path = path;
  }
}

/** How a value looks in a message. */
export const shown = (plain: unknown): string =>
  typeof plain === 'string' ? `'${plain}'` : (JSON.stringify(plain) ?? String(plain));

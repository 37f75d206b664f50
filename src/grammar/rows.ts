/**
 * The command line as data. A command's rows say what its words are; the type of its request (`Given`), what reads the words
 * (`read.ts`) and the help that yargs prints are all made from them.
 */

type Base = {
  readonly describe?: string;
  /** One letter. */
  readonly alias?: string;
};

/** Is there or not; `--no-NAME` says that it is not. */
type FlagRow = Base & {
  readonly type: "flag";
  /** False where it is left out. */
  readonly default?: boolean;
};

type ValueBase = Base & {
  readonly required?: boolean;
  /** May be given more than once: its value is a list. */
  readonly repeatable?: boolean;
};

export type WordRow = ValueBase & {
  /**
   * `word`: what it says. `name`: a file or folder, as the user names it; `-` is `/dev/stdin`. `path`: the same, made absolute.
   * `key`: a path, or a PKCS#11 URI (`pkcs11:…`), which stays as it is. `output`: an absolute path of the one file to write; `-` is
   * `/dev/stdout`. `folder`: one to write several files into. `text`: itself, or `@FILE`. `assignment`: `NAME=FILE`.
   */
  readonly type: "word" | "name" | "path" | "key" | "output" | "folder" | "text" | "assignment";
  readonly choices?: readonly string[];
  /** Of a word with choices: a word with `/`, or that ends in `.mjs` or `.js`, is the path of a module, made absolute. */
  readonly orModule?: true;
  /** Read as if it were said. */
  readonly default?: string;
};

export type NumberRow = ValueBase & {
  /** `count`: digits; `size`: bytes, with K, M or G; `time`: seconds, with s, m or h. */
  readonly type: "count" | "size" | "time";
  readonly least: number;
  readonly most: number;
  readonly default?: number;
  /** What help says instead of the number. */
  readonly defaultDescription?: string;
};

export type OptionRow = FlagRow | WordRow | NumberRow;

/** A word without a name. The last one may be `repeatable`; one that is not `required` may be left out. */
export type PositionalRow = WordRow;

export type CommandRow = {
  readonly describe: string;
  /** In their order. */
  readonly positionals: Readonly<Record<string, PositionalRow>>;
  readonly options: Readonly<Record<string, OptionRow>>;
  /** Text after the options in its help. */
  readonly epilogue?: string;
};

/** `max-kernel` as `maxKernel`. */
export type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

type One<Row> = Row extends { readonly type: "flag" }
  ? boolean
  : Row extends { readonly type: "count" | "size" | "time" }
    ? number
    : Row extends { readonly choices: readonly (infer Choice)[]; readonly orModule?: never }
      ? Choice
      : string;

type Value<Row> = Row extends { readonly repeatable: true }
  ? readonly One<Row>[]
  : Row extends
        | { readonly type: "flag" }
        | { readonly required: true }
        | { readonly default: string | number }
    ? One<Row>
    : One<Row> | undefined;

/** What the words of a command say: every positional and option by its name in camel case, complete. */
export type Given<Row extends CommandRow> = {
  readonly [Name in keyof Row["positionals"] & string as Camel<Name>]: Value<Row["positionals"][Name]>;
} & {
  readonly [Name in keyof Row["options"] & string as Camel<Name>]: Value<Row["options"][Name]>;
};

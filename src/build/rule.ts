import type { Result } from "#core/result.ts";
import type { ToolOutput, ToolRun } from "#toolchain/process.ts";

/** Runs a tool until it ends or the build does; what it writes to stderr is shown even when it succeeds. */
export type ToolRunner = (run: Omit<ToolRun, "signal">) => Promise<Result<ToolOutput>>;

/** What work depends on, told without a path of this machine. */
export type SharedWork = {
  /** Which does it: its content counts, and `identity` names that here. */
  readonly tool: { readonly path: string; readonly identity: string; readonly version: string };
  /** Of `Rule.options`, what is no fact about this machine. */
  readonly options: unknown;
  /** Files of the output folder that it may read, beside its inputs. */
  readonly reads: readonly string[];
  /** Of some inputs, by their names, a digest of what of them can show in the outputs. */
  readonly contents?: () => Promise<Result<Readonly<Record<string, string>>>>;
};

/**
 * One step of the build: makes its outputs from its inputs. A rule is plain data and a function; the
 * graph (`graph.ts`) is made of nothing else, and `Makefile.ts.md` is printed from it.
 */
export type Rule = {
  /** Short upper-case word of the quiet line: `  CLANG    zboot_parser_bpf.o`. */
  readonly label: string;
  /** Paths relative to the output folder; the first one names the rule. */
  readonly outputs: readonly [string, ...string[]];
  /** Outputs of other rules (relative) and files from outside (absolute). */
  readonly inputs: readonly string[];
  /** Whatever else the outputs depend on: flags, versions, sizes. Part of the fingerprint. */
  readonly options: unknown;
  /** Made for people: where it fails, what does not need it is made all the same, and the build fails in the end. */
  readonly aside?: true;
  /** The work is done with the digests of the inputs alone: none of them is read. */
  readonly onlyDigests?: true;
  /** Where outputs that the same work left elsewhere are as good as its own. */
  readonly shared?: SharedWork;
  /** What is done: a command as a shell takes it, or a phrase in angle brackets. */
  readonly command: string;
  /**
   * Does it. Outputs are written beside and renamed. Returns inputs that only showed while
   * working (headers that the compiler read), absolute or relative to the output folder.
   *
   * @param inputs SHA-256 of each of the rule's inputs
   * @param signal ends work in this process that takes long; the tool runner has it already
   */
  readonly run: (
    runTool: ToolRunner,
    inputs: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) => Promise<Result<readonly string[]>>;
};

/** Whether a rule does its work in this process, without a tool. */
export function isInProcess(rule: Rule): boolean {
  return rule.command.startsWith("<");
}

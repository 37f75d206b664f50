/** What make's options ask for. */
export type MakeSwitches = {
  /** `-n`: say what would be done, and do nothing. */
  readonly dryRun: boolean;
  /** `-k`: after a failure, make what does not need what failed. */
  readonly keepGoing: boolean;
  /** `-B`: make everything, up to date or not. */
  readonly always: boolean;
  /** `-q`: only tell by the exit status whether there is anything to do. */
  readonly question: boolean;
  /** `-s`: say nothing of what is done. */
  readonly silent: boolean;
};

export const NO_SWITCHES: MakeSwitches = {
  dryRun: false,
  keepGoing: false,
  always: false,
  question: false,
  silent: false,
};

const DRY_RUN = { dryRun: true };
const STOP = { keepGoing: false };
const SILENT = { silent: true };
/** About make's own rules, or how it prints: there is nothing here that these could change. */
const NOTHING = {};

/** Options without a value, by letter and by long name, with what they change. */
export const SWITCHES: Readonly<Record<string, Partial<MakeSwitches>>> = {
  n: DRY_RUN,
  "dry-run": DRY_RUN,
  "just-print": DRY_RUN,
  recon: DRY_RUN,
  k: { keepGoing: true },
  "keep-going": { keepGoing: true },
  S: STOP,
  "no-keep-going": STOP,
  stop: STOP,
  B: { always: true },
  "always-make": { always: true },
  q: { question: true },
  question: { question: true },
  s: SILENT,
  silent: SILENT,
  quiet: SILENT,
  "no-silent": { silent: false },
  b: NOTHING,
  m: NOTHING,
  r: NOTHING,
  "no-builtin-rules": NOTHING,
  R: NOTHING,
  "no-builtin-variables": NOTHING,
  w: NOTHING,
  "print-directory": NOTHING,
  "no-print-directory": NOTHING,
  "warn-undefined-variables": NOTHING,
};

type Valued = {
  /** `number`: may be there, and be the next word. */
  readonly value: "needed" | "may-be" | "number";
  /** `ignored`: how make shares a machine, which is not asked here. */
  readonly means: "folder" | "jobs" | "ignored";
};

const JOBS: Valued = { value: "number", means: "jobs" };
const FOLDER: Valued = { value: "needed", means: "folder" };
const IGNORED: Valued = { value: "may-be", means: "ignored" };
const LOAD: Valued = { value: "number", means: "ignored" };

/** Options with a value. */
export const VALUED: Readonly<Record<string, Valued>> = {
  j: JOBS,
  jobs: JOBS,
  C: FOLDER,
  directory: FOLDER,
  l: LOAD,
  "load-average": LOAD,
  "max-load": LOAD,
  O: IGNORED,
  "output-sync": IGNORED,
  "jobserver-auth": IGNORED,
  "jobserver-fds": IGNORED,
};

const MAKEFILE = "there is no makefile to choose, the rules are the program's own (TARGETS=DIR adds targets)";

/** Options of make's that are refused with a reason. */
export const REFUSED: Readonly<Record<string, string>> = {
  f: MAKEFILE,
  file: MAKEFILE,
  makefile: MAKEFILE,
  t: "nothing is marked as made that was not",
  touch: "nothing is marked as made that was not",
  i: "what failed is not passed over; -k makes the rest",
  "ignore-errors": "what failed is not passed over; -k makes the rest",
  e: "the command line wins over the environment, and there is no makefile between them",
  "environment-overrides":
    "the command line wins over the environment, and there is no makefile between them",
};

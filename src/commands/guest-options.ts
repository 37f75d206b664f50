import type { NumberRow, WordRow } from "#grammar/rows.ts";
import type { GuestKernel } from "#guest/debian-kernel.ts";

/** Options of the commands that boot a kernel. */
export const HEADERS = {
  type: "path",
  describe: "its build folder, /lib/modules/RELEASE/build",
} as const satisfies WordRow;

/** Of one boot. */
export const TIMEOUT = {
  type: "count",
  least: 1,
  most: 86_400,
  default: 300,
  describe: "seconds",
} as const satisfies NumberRow;

/** How a kernel is said. */
type SaidKernel = {
  readonly kernel: string | undefined;
  readonly headers: string | undefined;
  /** Other options that say one, and whether they are given. */
  readonly others: Readonly<Record<string, boolean>>;
};

/** What is wrong with the words that say which kernel to boot; undefined where nothing is. */
export function kernelComplaint({ kernel, headers, others }: SaidKernel): string | undefined {
  if (kernel !== undefined && headers === undefined) return "--kernel needs --headers";
  if (kernel === undefined && headers !== undefined) return "--headers needs --kernel";
  const [first, second] = Object.entries({ kernel: kernel !== undefined, ...others }).flatMap(
    ([name, given]) => (given ? [name] : []),
  );
  return second === undefined ? undefined : `--${first} and --${second} exclude each other`;
}

/** A kernel of the user's own. */
export function ownKernel({ kernel, headers }: Omit<SaidKernel, "others">): GuestKernel | undefined {
  return kernel === undefined || headers === undefined ? undefined : { image: kernel, headers };
}

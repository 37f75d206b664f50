/** The option of every command that makes or judges signatures. */
export const ALLOW_WEAK = {
  type: "boolean",
  default: false,
  describe: "take hashes, keys and algorithms that kernels do not take",
} as const;

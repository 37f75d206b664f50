/** What a kernel writes when something went wrong with it: panics, oopses, warnings, the lock checker's finds. */
const TROUBLE = [
  /Kernel panic/,
  /\bOops\b/,
  /\bBUG:/,
  /kernel BUG at/,
  /^(?:\[[^\]]*\] )?WARNING:/,
  /general protection fault/,
  /unable to handle/i,
  /double fault/,
  /(?:possible|inconsistent|invalid) .*(?:lock|deadlock|wait context)/i,
  /rcu: INFO:/,
  /soft lockup|hung_task|blocked for more than/,
  /Out of memory|oom-kill/,
];

/** The console's lines that tell of trouble in the kernel, in their order. */
export function troubleIn(console: string): readonly string[] {
  return linesOf(console).filter((line) => TROUBLE.some((pattern) => pattern.test(line)));
}

/** Bits of /proc/sys/kernel/tainted (Documentation/admin-guide/tainted-kernels.rst) that tell of trouble. */
const TAINTS: readonly (readonly [bit: number, what: string])[] = [
  [5, "a bad page"],
  [7, "an oops or BUG"],
  [9, "a warning"],
  [14, "a soft lockup"],
];

/** What a kernel's taint says went wrong since its boot; that a module is not its own is nothing wrong. */
export function troubleOfTaint(tainted: number): readonly string[] {
  return TAINTS.filter(([bit]) => tainted & (1 << bit)).map(([, what]) => `the kernel is tainted by ${what}`);
}

function linesOf(console: string): readonly string[] {
  return console.split(/\r?\n/).filter((line) => line.trim() !== "");
}

import type { Reporter, TestModule } from "vitest/node";

/** In the title of a skipped test: no installation can mend it, the machine's kernel does not permit it. */
export const NOT_HERE = "not on this machine";
/** In the title of a skipped test: the machine's release of its distribution has no such package. */
export const NOT_OFFERED = "not offered by this release";
const LET_PASS = [NOT_HERE, NOT_OFFERED].map((cause) => `(${cause}: `);

/**
 * Closes a run with a line for each test that failed (the last lines are what a machine's log shows) and one that counts, and makes a skipped test a failure in CI: there everything
 * that a test may need is installed, so a skip means that something was not tested. Let pass, but
 * named, is what the machine does not permit, or its release does not offer, and says so.
 */
export class NoSilentSkips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, skipped: 0 };
    const failed: string[] = [];
    const skipped: string[] = [];
    const notHere: string[] = [];
    for (const module of modules) {
      const broken = module.errors()[0];
      if (broken !== undefined) failed.push(`${module.relativeModuleId}: ${broken.message}`);
      // Its process has ended before it.
      else if (!["passed", "failed", "skipped"].includes(module.state())) {
        failed.push(`${module.relativeModuleId}: it has not come to its end`);
        process.exitCode = 1;
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === "passed") count.passed += 1;
        else if (state === "failed") {
          failed.push(
            `${module.relativeModuleId} > ${test.fullName}: ${errors?.[0]?.message ?? "no error is told"}`,
          );
        } else {
          count.skipped += 1;
          (LET_PASS.some((cause) => test.fullName.includes(cause)) ? notHere : skipped).push(test.fullName);
        }
      }
    }
    if (process.env["CI"] !== undefined && skipped.length > 0) {
      process.stderr.write(
        `skipped, which CI does not allow:\n${skipped.map((name) => `  ${name}\n`).join("")}`,
      );
      process.exitCode = 1;
    }
    if (notHere.length > 0) process.stderr.write(notHere.map((name) => `skipped: ${name}\n`).join(""));
    for (const what of failed) process.stderr.write(`failed: ${what.split("\n", 1)[0]?.slice(0, 300)}\n`);
    process.stdout.write(`\n${count.passed} passed, ${failed.length} failed, ${count.skipped} skipped\n`);
  }
}

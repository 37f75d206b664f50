import type { Reporter, TestModule } from "vitest/node";

/**
 * Closes a run with one line that counts, and makes a skipped test a failure in CI: there everything
 * that a test may need is installed, so a skip means that something was not tested.
 */
export class NoSilentSkips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    const skipped: string[] = [];
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") count.passed += 1;
        else if (state === "failed") count.failed += 1;
        else {
          count.skipped += 1;
          skipped.push(test.fullName);
        }
      }
    }
    if (process.env["CI"] !== undefined && skipped.length > 0) {
      process.stderr.write(
        `skipped, which CI does not allow:\n${skipped.map((name) => `  ${name}\n`).join("")}`,
      );
      process.exitCode = 1;
    }
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  }
}

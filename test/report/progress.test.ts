import { describe, expect, test } from "vitest";
import type { Io } from "#report/io.ts";
import { progressBar } from "#report/progress.ts";
import { visible } from "#report/visible.ts";

describe("the progress bar", () => {
  const MIB = 1024 * 1024;

  function bar(terminal: boolean) {
    let written = "";
    let now = 0;
    const stderr = (text: string): void => {
      written += text;
    };
    const io: Io = {
      stdout: () => undefined,
      stderr,
      env: {},
      cwd: "/",
      terminal: { stdout: terminal, stderr: terminal },
      columns: 80,
      signal: new AbortController().signal,
    };
    const progress = progressBar(io, () => now);
    return {
      step: (done: number, total: number, passed: number) => {
        now += passed;
        progress.update(done, total);
      },
      end: progress.end,
      written: () => written,
    };
  }

  test("is drawn above 64 MiB, ten times a second at most, and taken away at the end", () => {
    const { step, end, written } = bar(true);
    step(25 * MIB, 100 * MIB, 0);
    step(26 * MIB, 100 * MIB, 99);
    step(50 * MIB, 100 * MIB, 1);
    end();
    expect(visible(written()).split("\r").slice(1)).toEqual([
      "\u001b[K[#######.......................] 26.2 MB of 104.9 MB",
      "\u001b[K[###############...............] 52.4 MB of 104.9 MB",
      "\u001b[K",
    ]);
  });

  test.each([
    ["of 64 MiB", true, 64 * MIB],
    ["without a terminal", false, 1000 * MIB],
  ])("is not drawn %s", (_, terminal, total) => {
    const { step, end, written } = bar(terminal);
    step(total / 2, total, 1000);
    end();
    expect(written()).toBe("");
  });
});

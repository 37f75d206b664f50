import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { removeOldReports, reportFiles, writeReports } from "#api/verify/reports.ts";
import type { VerifyReport } from "#api/verify/request.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";

const REPORT: VerifyReport = {
  verification: {
    schema: 1,
    comparison: "exact",
    faultPaths: true,
    expect: null,
    parsers: [],
    images: [],
    verdicts: [],
    loads: [],
    errors: [],
    counts: { judged: 0, accepted: 0, refused: 0 },
    shortfalls: [{ kind: "nothing-judged", images: 0 }],
  },
  times: { started: new Date(0), seconds: [] },
  coverage: undefined,
  kept: undefined,
};
const context = { signal: new AbortController().signal };

describe("reports of an earlier run", () => {
  it("are removed, also where their name is a link", () => {
    const folder = newFolder();
    const junit = write(join(folder, "j.xml"), "old");
    write(join(folder, "real"), "old");
    const sarif = join(folder, "s.sarif");
    symlinkSync("real", sarif);
    expect(removeOldReports({ junit, sarif, html: undefined })).toEqual({ ok: true, value: undefined });
    expect([junit, join(folder, "real")].filter((file) => existsSync(file))).toEqual([]);
  });

  it("need not be there, and what is no file stays", () => {
    const folder = newFolder();
    mkdirSync(join(folder, "in the way"));
    const files = { junit: join(folder, "none"), sarif: join(folder, "in the way"), html: undefined };
    expect(removeOldReports(files).ok).toBe(true);
    expect(existsSync(files.sarif)).toBe(true);
  });
});

describe("reports", () => {
  it("are those that are asked for", () => {
    expect(reportFiles({ junit: undefined, sarif: "/s", html: undefined })).toEqual(["/s"]);
    expect(reportFiles({ junit: "/j", sarif: "/s", html: "/h" })).toEqual(["/j", "/s", "/h"]);
  });

  it("are written each by itself: one that cannot be is a failure with its name", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "in the way"));
    const files = { junit: join(folder, "in the way"), sarif: join(folder, "s.sarif"), html: undefined };
    expect(await writeReports(REPORT, files, context)).toMatchObject([
      { reason: "file-failed", file: files.junit },
    ]);
    expect(JSON.parse(readFileSync(files.sarif, "utf8")).runs[0].results).toHaveLength(1);
  });
});

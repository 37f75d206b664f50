import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const DIST = join(import.meta.dirname, "../../dist");

/** Of a Node as users start it: V8 takes the code that was made under the same flags alone. */
const REJECTED = `
const { readFileSync } = require("node:fs");
const [filename, more] = process.argv.slice(1);
const cachedData = readFileSync(filename.replace(/js$/, "code"));
const { cachedDataRejected } = new (require("node:vm").Script)(readFileSync(filename, "utf8") + more, { filename, cachedData });
process.stdout.write(String(cachedDataRejected));
`;

describe("V8's code beside the bundle", () => {
  it.each(["quick", "pack", "build"])("is taken for %s, and for no other text", (name) => {
    const rejected = (more: string) =>
      execFileSync(process.execPath, ["-e", REJECTED, join(DIST, `${name}.js`), more], { encoding: "utf8" });
    expect([rejected(""), rejected(" ")]).toEqual(["false", "true"]);
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { files } from "#package.json";

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

/** What each package brings, by the first folder of its paths. */
const CONTENTS = [
  ["Debian's package", ["install", "docs", "examples", "rules"].map((name) => `packaging/debian/${name}`)],
  ["the rpm", ["packaging/rpm/kexec-bpf.spec"]],
] as const;

describe.each(CONTENTS)("%s", (_title, sources) => {
  const text = sources.map(read).join("\n");

  it("has all that the npm package has", () => {
    // Debian's has its licences in copyright, and debhelper finds the changelog.
    const others = files.filter((name) => !["LICENSES", "CHANGELOG.md"].includes(name));
    for (const name of others) {
      const [folder = ""] = name.split("/");
      expect(text, name).toMatch(new RegExp(`(^|\\s)${folder}(\\s|/|$)`, "m"));
    }
  });

  it("has each hook", () => {
    for (const hook of ["kernel-parsers", "60-kexec-bpf.install", "kexec-bpf.conf"])
      expect(text).toContain(`hooks/${hook}`);
  });

  it("depends on what a build needs", () => {
    const depends = sources.length > 1 ? read("packaging/debian/control") : text;
    for (const tool of ["bpftool", "clang", "libbpf-dev", "openssl", "nodejs"])
      expect(depends).toContain(tool);
  });
});

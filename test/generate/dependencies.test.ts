import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dependencies } from "#generate/dependencies.ts";
import { inFolder } from "../formats/btf/clang.ts";
import { COMPILERS } from "./host-compiler.ts";

test.each([
  ["on one line", "a.o: a.c b.h\n", ["a.c", "b.h"]],
  ["on several", "a.o: a.c \\\n  b.h \\\n\tc.h\n", ["a.c", "b.h", "c.h"]],
  ["with spaces", "a.o: /my\\ dir/a\\ b.c c.h\n", ["/my dir/a b.c", "c.h"]],
  ["with a hash", "a.o: a\\#b.c\n", ["a#b.c"]],
  ["with dollars", "a.o: $$a$$$$.c\n", ["$a$$.c"]],
  ["with a backslash that escapes nothing", "a.o: a\\b.c\n", ["a\\b.c"]],
  ["with a colon", "a.o: a:b.c\n", ["a:b.c"]],
  ["of a target with spaces", "my\\ a.o: a.c\n", ["a.c"]],
  ["that are none", "a.o: \n", []],
  ["in a text that is no rule", "nothing", []],
])("prerequisites %s", (_, rule, expected) => expect(dependencies(rule)).toEqual(expected));

for (const compiler of COMPILERS) {
  test(`prerequisites are read back as ${compiler} writes them`, () =>
    inFolder((folder) => {
      const names = [
        "plain.h",
        "with space.h",
        "two  spaces.h",
        "dollar$and$$.h",
        "hash#.h",
        "sub dir/a b.h",
      ];
      mkdirSync(join(folder, "sub dir"));
      for (const name of names) writeFileSync(join(folder, name), "");
      writeFileSync(join(folder, "main file.c"), names.map((name) => `#include "${name}"\n`).join(""));
      execFileSync(
        compiler,
        ["-MD", "-MF", "rule.d", "-nostdinc", "-c", "main file.c", "-o", "main file.o"],
        {
          cwd: folder,
        },
      );
      expect(dependencies(readFileSync(join(folder, "rule.d"), "utf8"))).toEqual(["main file.c", ...names]);
    }));
}
